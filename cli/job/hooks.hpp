// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "job/observer.hpp"

/// Hooks: programs of the administrator's that run at certain points of a backup.
///
/// A hook is an argv, run without a shell. It reads one JSON object from its standard input and
/// finds the same in variables `VMROTATE_*`; what it writes to standard output or standard
/// error is shown as remarks. It leads a process group of its own, which is ended at the hook's
/// time limit, and at a stop request where the point can be given up.
namespace vmrotate::job {

struct Run;

enum class HookPoint {
    before_job,
    after_job,
    before_snapshot,
    after_snapshot,
    after_clone,
    on_failure,
    thaw,
};

/// As the configuration names it: "before_snapshot".
std::string word(HookPoint point);

/// What a hook is told: a name in small letters, and a text or texts. The variable of
/// "source_datastores" is VMROTATE_SOURCE_DATASTORES, its texts a line each.
using HookFact = std::pair<std::string, std::variant<std::string, std::vector<std::string>>>;

struct HookCall {
    config::Command command;
    std::chrono::seconds limit{0};
    std::vector<HookFact> facts;
    std::function<void(const std::string& line)> say;  ///< what it writes, line by line
};

struct HookEnd {
    enum class Kind {
        exited,
        killed,       ///< by a signal that was not ours
        timed_out,    ///< and was ended with its process group
        stopped,      ///< the same, at a stop request
        not_started,  ///< `problem` says why
    };
    Kind kind = Kind::exited;
    int code = 0;  ///< the exit code, or the signal's number
    std::string problem;

    bool ok() const { return kind == Kind::exited && code == 0; }
};

/// The port to those programs. Any thread may call it.
class HookRunner {
public:
    virtual ~HookRunner() = default;

    /// Why this program cannot be run, in words; empty where it can. Looks only.
    virtual std::string obstacle(const std::string& program) const = 0;

    /// Runs it to its end, and never throws for what it does.
    virtual HookEnd run(const HookCall& call, std::stop_token stop) = 0;
};

/// What the hooks of a VM are told; it fills up as the backup goes on.
struct HookStory {
    std::string phase = "look";  ///< "look", "snapshot", "copy", "commit", "expire"
    std::string source;          ///< managed object id
    std::string datastore;       ///< of the copies
    std::vector<std::string> source_datastores;
    std::string snapshot;    ///< managed object id
    std::string generation;  ///< the new one's name, as far as it is known
};

/// The hooks of one run of one VM.
class Hooks {
public:
    explicit Hooks(const Run& run) : run_(run) {}

    HookStory story;

    /// Throws Skip or Error (failed), as `hook_failure` says; Cancelled on a stop request.
    void before_snapshot();

    /// A failure is told at the end: `troubles`.
    void after_snapshot();

    /// The same. Returns whether nothing stands against letting old generations expire: a hook
    /// that fails may have found the copy unfit.
    bool after_clone();

    /// Whatever happened: not even a stop request ends it before its time limit. Never throws.
    void thaw() noexcept;

    /// The same.
    void on_failure(const std::string& message) noexcept;

    /// What went wrong with hooks of a VM that has a new generation.
    const std::vector<Error>& troubles() const { return troubles_; }

private:
    std::optional<Error> run(HookPoint point, const config::Command& command,
                             const std::string& message, const std::stop_token& stop);
    std::optional<Error> run_surely(HookPoint point, const config::Command& command,
                                    const std::string& message) noexcept;

    const Run& run_;
    std::vector<Error> troubles_;
};

/// Thaws when it ends.
class Thaw {
public:
    explicit Thaw(Hooks& hooks) : hooks_(hooks) {}
    ~Thaw() { hooks_.thaw(); }
    Thaw(const Thaw&) = delete;
    Thaw& operator=(const Thaw&) = delete;

private:
    Hooks& hooks_;
};

/// What the hooks of a whole job are told.
struct JobStory {
    std::string job;
    std::string outcome;  ///< empty before the job; then "ok", "partial", "failed", ...
    std::string message;  ///< for people, after the job
    int vms = 0, generations = 0, failed = 0, skipped = 0;
};

/// How a job with hooks ended.
struct JobEnd {
    JobStory story;                    ///< as the hook after the job was told
    std::optional<Error> before = {};  ///< the hook before the job failed: no VM was begun
    std::optional<Error> after = {};   ///< the hook after the job failed
};

/// Runs the `before_job` or `after_job` hook. Nothing is done where `command` is empty. The hook
/// before a job can be stopped; the one after it runs whatever happened. Throws Error (failed)
/// where the hook fails: before the job nothing of it was begun then. Throws Cancelled where the
/// stop request ended it.
void run_job_hook(HookRunner* runner, HookPoint point, const config::Command& command,
                  std::chrono::seconds limit, const JobStory& story, Observer& observer,
                  std::stop_token stop);

}  // namespace vmrotate::job
