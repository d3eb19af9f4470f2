// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/job_hooks.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "vsphere.hpp"

namespace vmrotate::fleet {
namespace {

using job::HookPoint;

/// In the words of a report.
std::string outcome_of(const job::JobStory& story, bool is_cut_short)
{
    if (is_cut_short)
        return "interrupted";
    if (story.failed == 0)
        return story.generations > 0 ? "ok" : "skipped";
    return story.failed < story.vms ? "partial" : "failed";
}

/// To be called while an exception is handled.
Error error_of_hook(HookPoint point)
{
    try {
        throw;
    } catch (const Error& error) {
        return error;
    } catch (const vimclient::Cancelled&) {
        return {ErrorKind::interrupted,
                fmt::format("interrupted while the hook {} ran", word(point))};
    } catch (const std::exception& e) {
        return {ErrorKind::failed, fmt::format("the hook {} failed: {}", word(point), e.what())};
    }
}

}  // namespace

JobHooks::JobHooks(const std::vector<config::Assignment>& selection,
                   const std::vector<std::string>& failed_lines, Means means)
    : means_(std::move(means)), by_vm_(selection.size(), nullptr)
{
    for (std::size_t vm = 0; vm < selection.size(); ++vm) {
        const config::Assignment& each = selection[vm];
        if (each.job.empty() || (each.rules.before_job.empty() && each.rules.after_job.empty()))
            continue;
        by_vm_[vm] = &job_of(each);
        ++by_vm_[vm]->left;
        ++by_vm_[vm]->story.vms;
    }
    for (Job& job : jobs_) {
        job.story.failed = static_cast<int>(std::ranges::count(failed_lines, job.story.job));
        job.story.vms += job.story.failed;
    }
}

JobHooks::~JobHooks()
{
    try {
        finish();
    } catch (const std::exception&) {  // no memory: nobody can be told
    }
}

JobHooks::Job& JobHooks::job_of(const config::Assignment& assignment)
{
    for (Job& job : jobs_)
        if (job.story.job == assignment.job)
            return job;
    Job& job = jobs_.emplace_back();
    job.rules = assignment.rules;
    job.story.job = assignment.job;
    return job;
}

std::optional<Error> JobHooks::enter(std::size_t vm, job::Observer& observer)
{
    Job* const job = by_vm_[vm];
    if (job == nullptr)
        return {};
    std::unique_lock entry(job->entry, std::try_to_lock);
    if (!entry.owns_lock()) {
        observer.step(
            fmt::format("waiting for the hook before_job of {}", in_quotes(job->story.job)));
        entry.lock();
    }
    bool is_first = false;
    {
        const std::scoped_lock lock(mutex_);
        is_first = !std::exchange(job->has_begun, true);
    }
    if (is_first)
        run_before(*job);
    return job->before;
}

void JobHooks::run_before(Job& job)
{
    try {
        const auto observer = means_.watch(job.story.job);
        const job::JobStory story = [&] {
            const std::scoped_lock lock(mutex_);
            return job.story;
        }();
        run_job_hook(means_.runner, HookPoint::before_job, job.rules.before_job,
                     job.rules.job_hook_timeout, story, *observer, means_.stop);
    } catch (...) {
        job.before = error_of_hook(HookPoint::before_job);
    }
}

void JobHooks::ended(std::size_t vm, How how, const std::string& message)
{
    Job* const job = std::exchange(by_vm_[vm], nullptr);
    if (job == nullptr)
        return;
    const std::scoped_lock lock(mutex_);
    --job->left;
    ++(how == How::done      ? job->story.generations
       : how == How::skipped ? job->story.skipped
                             : job->story.failed);
    if (how == How::failed && job->story.message.empty())
        job->story.message = message;
}

void JobHooks::run_due()
{
    for (Job* const job : take([](const Job& each) { return each.left == 0; }))
        run_after(*job);
}

void JobHooks::finish()
{
    for (Job* const job : take([](const Job&) { return true; }))
        run_after(*job);
}

/// Those whose hook comes now; nobody else takes them.
std::vector<JobHooks::Job*> JobHooks::take(const std::function<bool(const Job&)>& is_due)
{
    std::vector<Job*> taken;
    const std::scoped_lock lock(mutex_);
    for (Job& job : jobs_) {
        if (!job.has_begun || job.is_over || !is_due(job))
            continue;
        job.is_over = true;
        job.story.outcome = outcome_of(
            job.story, job.left > 0 || (means_.stop.stop_requested() && job.story.failed > 0));
        taken.push_back(&job);
    }
    return taken;
}

void JobHooks::run_after(Job& job)
{
    job::JobEnd end{job.story, job.before, {}};
    try {
        const auto observer = means_.watch(job.story.job);
        run_job_hook(means_.runner, HookPoint::after_job, job.rules.after_job,
                     job.rules.job_hook_timeout, job.story, *observer, {});
    } catch (...) {
        end.after = error_of_hook(HookPoint::after_job);
    }
    try {
        means_.tell(end);
    } catch (const std::exception&) {  // no memory: the other jobs have theirs all the same
    }
}

}  // namespace vmrotate::fleet
