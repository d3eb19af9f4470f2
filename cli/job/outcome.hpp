// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "rotation/mark.hpp"

namespace vmrotate::job {

/// What became of the generations that were due.
struct Expiry {
    std::vector<std::string> expired;   ///< names, oldest first
    std::vector<std::string> warnings;  ///< somebody should look
    std::vector<Error> left_undone;     ///< what was to be done and was not: no success

    bool ok() const { return left_undone.empty(); }
};

/// What one backup did, for reports.
struct Outcome : Expiry {
    std::string generation;  ///< the name of the new one
    std::string generation_id;
    int slot = 0;
    long seq = 0;
    std::string datastore, folder;
    std::string host;                        ///< that made the copy; empty: the source's
    std::int64_t bytes = 0;                  ///< capacity of the disks
    bool quiesced = false;                   ///< the snapshot was, by vCenter's word
    bool fell_short_of_rest = false;         ///< it should have been: the copy is crash-consistent
    std::optional<rotation::Freeze> freeze;  ///< of the guest; nothing where it was not probed
    bool froze_too_long = false;             ///< by `max_freeze`: a group may stop here
    std::chrono::milliseconds total{0};
    std::chrono::milliseconds snapshot_held{0};
    std::vector<std::string> healed;  ///< what was done first about runs that were cut short

    /// Of a group: its name, and the time within which all its snapshots were made.
    std::string group = {};
    std::optional<std::chrono::milliseconds> group_spread = {};

    /// One for each further place, in their order; what was left undone there is in
    /// `left_undone` here too. Without a `generation` where no copy was made.
    std::vector<Outcome> copies = {};
};

}  // namespace vmrotate::job
