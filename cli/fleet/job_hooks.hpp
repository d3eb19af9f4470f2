// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"
#include "job/hooks.hpp"

namespace vmrotate::fleet {

/// The hooks before and after the jobs of one run. A VM that was named by itself counts as one of
/// the job whose settings it has. All calls may come from any thread.
class JobHooks {
public:
    struct Means {
        job::HookRunner* runner = nullptr;  ///< null: a hook that is wished for fails
        std::function<std::unique_ptr<job::Observer>(const std::string& job)> watch;
        std::function<void(const job::JobEnd&)> tell;  ///< once for each job whose hooks were run
        std::stop_token stop;
    };

    /// `failed_lines` are the jobs' names of lines that mean no VM, one for each: they count as
    /// VMs that failed.
    JobHooks(const std::vector<config::Assignment>& selection,
             const std::vector<std::string>& failed_lines, Means means);

    /// As `finish`.
    ~JobHooks();
    JobHooks(const JobHooks&) = delete;
    JobHooks& operator=(const JobHooks&) = delete;

    /// To be called before this VM is begun: runs the hook before its job, if nobody has yet, or
    /// waits for its end. Returns why no VM of the job may be begun: Error (failed), and
    /// (interrupted) after a stop. `observer` is the VM's.
    std::optional<Error> enter(std::size_t vm, job::Observer& observer);

    enum class How { done, skipped, failed };

    /// How this VM ended, of which the first telling counts; `message` is for people, where it did
    /// not go well. Runs nothing.
    void ended(std::size_t vm, How how, const std::string& message);

    /// Runs the hook after each job whose VMs have all ended.
    void run_due();

    /// Runs it for all jobs that were begun: no other VM will be. Not even a stop ends it.
    void finish();

private:
    struct Job {
        config::JobRules rules;
        job::JobStory story;
        std::size_t left = 0;  ///< VMs that have not ended
        bool has_begun = false, is_over = false;
        std::optional<Error> before = {};
        std::mutex entry = {};  ///< held while the hook before the job runs
    };

    Job& job_of(const config::Assignment& assignment);
    void run_before(Job& job);
    void run_after(Job& job);
    std::vector<Job*> take(const std::function<bool(const Job&)>& is_due);

    const Means means_;
    std::mutex mutex_;         ///< for all but `entry` and what is under it
    std::list<Job> jobs_;      ///< with hooks
    std::vector<Job*> by_vm_;  ///< null: its job has none, or it has ended
};

}  // namespace vmrotate::fleet
