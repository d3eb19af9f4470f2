// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "job/gate.hpp"
#include "job/hints.hpp"
#include "job/hooks.hpp"
#include "job/observer.hpp"
#include "job/probe.hpp"

namespace vmrotate::job {

class Muster;
class Neighbours;

/// The right to work on one source on this machine, for as long as it lives.
class SourceLock {
public:
    virtual ~SourceLock() = default;

    /// The random id that the lock file keeps, 32 hex digits: it goes into snapshot and
    /// mark, so that whoever holds the same file later knows that the former holder is dead.
    virtual const std::string& id() const = 0;
};

/// One execution for one source: what it is to do, and what it may use.
struct Run {
    config::Assignment assignment;
    std::vector<std::string> sources;  ///< names of all VMs that are backed up, this one too
    std::string id;                    ///< random, 32 hex digits
    Clock clock;
    Observer& observer;

    /// Takes the lock of the source with this instanceUuid. Throws AnotherRun where
    /// another process holds it, Error (failed) where no lock file can be written.
    std::function<std::unique_ptr<SourceLock>(const std::string& source_uuid)> lock;

    /// The id that the lock file of this source keeps, if no process holds it; else empty.
    /// Takes nothing: for a dry run.
    std::function<std::string(const std::string& source_uuid)> free_lock;

    std::stop_token stop = {};

    /// Another random id, as `id` is; needed where the assignment has `copies`.
    std::function<std::string()> new_id = {};

    /// Where it waits for its turn; null: nowhere.
    Gate* gate = nullptr;

    /// Where it waits for the other members of its group; null: it has none.
    Muster* muster = nullptr;

    /// By the server's clock: with a generation taken then or later it is skipped.
    std::optional<std::chrono::sys_seconds> fresh_since = {};

    /// When the copy was taken that another run was making as this one began: once it is a
    /// generation, the VM is skipped too.
    std::optional<std::chrono::sys_seconds> made_by_another = {};
    Hints* hints = nullptr;  ///< null: every VM is looked for by its name

    /// Where there is no hint: what a listing of all VMs, of this very process, told of the only
    /// one that has this name. Without an instanceUuid.
    std::optional<Hint> found = {};
    Neighbours* neighbours = nullptr;  ///< null: folders are read as a whole
    HookRunner* hooks = nullptr;       ///< null: a hook that is wished for fails
    Prober* prober = nullptr;          ///< null: no guest is probed
};

}  // namespace vmrotate::job
