// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/hooks.hpp"

#include <exception>

#include <fmt/format.h>

#include "base/text.hpp"
#include "job/run.hpp"
#include "job/skip.hpp"
#include "vsphere.hpp"

namespace vmrotate::job {
namespace {

std::string ending(const HookEnd& end, std::chrono::seconds limit)
{
    switch (end.kind) {
        case HookEnd::Kind::exited: return fmt::format("it ended with exit code {}", end.code);
        case HookEnd::Kind::killed: return fmt::format("it was ended by signal {}", end.code);
        case HookEnd::Kind::timed_out:
            return fmt::format("it was not done after {} and was ended", duration_text(limit));
        case HookEnd::Kind::stopped: return "it was interrupted";
        case HookEnd::Kind::not_started: return fmt::format("it cannot be run: {}", end.problem);
    }
    return "?";
}

bool is_of_a_job(HookPoint point)
{
    return point == HookPoint::before_job || point == HookPoint::after_job;
}

std::string hint_for(HookPoint point, const HookEnd& end)
{
    if (end.kind == HookEnd::Kind::timed_out)
        return fmt::format("give it more time with {}",
                           is_of_a_job(point) ? "job_hook_timeout" : "hook_timeout");
    return "what it wrote is shown above; run it by hand with the same variables VMROTATE_*";
}

/// Nothing where the hook ended well, or there is none.
std::optional<Error> call_hook(HookRunner* runner, HookPoint point, const HookCall& call,
                               const std::stop_token& stop)
{
    if (call.command.empty())
        return {};
    const HookEnd end = runner == nullptr
                            ? HookEnd{HookEnd::Kind::not_started, 0, "no programs are run here"}
                            : runner->run(call, stop);
    if (end.ok())
        return {};
    const auto kind =
        end.kind == HookEnd::Kind::stopped ? ErrorKind::interrupted : ErrorKind::failed;
    return Error(kind,
                 fmt::format("the hook {} ({}) failed: {}", word(point), call.command.front(),
                             ending(end, call.limit)),
                 hint_for(point, end));
}

std::function<void(const std::string&)> teller(Observer& observer, HookPoint point)
{
    return [&observer, point](const std::string& line) {
        observer.remark(fmt::format("hook {}: {}", word(point), line));
    };
}

}  // namespace

std::string word(HookPoint point)
{
    switch (point) {
        case HookPoint::before_job: return "before_job";
        case HookPoint::after_job: return "after_job";
        case HookPoint::before_snapshot: return "before_snapshot";
        case HookPoint::after_snapshot: return "after_snapshot";
        case HookPoint::after_clone: return "after_clone";
        case HookPoint::on_failure: return "on_failure";
        case HookPoint::thaw: return "thaw";
    }
    return "?";
}

void Hooks::before_snapshot()
{
    const config::Policy& policy = run_.assignment.policy;
    const auto error = run(HookPoint::before_snapshot, policy.before_snapshot, "", run_.stop);
    if (!error)
        return;
    if (error->kind() == ErrorKind::interrupted)
        throw vimclient::Cancelled{};
    if (policy.hook_failure == config::HookFailure::skip)
        throw Skip(Skip::Cause::hook, error->what());
    throw *error;
}

void Hooks::after_snapshot()
{
    if (auto error =
            run(HookPoint::after_snapshot, run_.assignment.policy.after_snapshot, "", run_.stop))
        troubles_.push_back(*error);
}

bool Hooks::after_clone()
{
    auto error = run(HookPoint::after_clone, run_.assignment.policy.after_clone, "", run_.stop);
    if (!error)
        return true;
    troubles_.push_back(*error);
    run_.observer.warning(
        "the hook after_clone failed: the new generation stays, and none expires in this run");
    return false;
}

void Hooks::thaw() noexcept
{
    if (auto error = run_surely(HookPoint::thaw, run_.assignment.policy.thaw, "")) {
        run_.observer.warning(std::string(error->what()) + ": look whether the guest is frozen");
        troubles_.push_back(*error);
    }
}

void Hooks::on_failure(const std::string& message) noexcept
{
    if (auto error = run_surely(HookPoint::on_failure, run_.assignment.policy.on_failure, message))
        run_.observer.warning(error->what());
}

std::optional<Error> Hooks::run(HookPoint point, const config::Command& command,
                                const std::string& message, const std::stop_token& stop)
{
    if (command.empty())
        return {};
    run_.observer.detail(fmt::format("hook {}: {}", word(point), command.front()));
    const HookCall call{.command = command,
                        .limit = run_.assignment.policy.hook_timeout,
                        .facts = {{"hook", word(point)},
                                  {"vm", run_.assignment.vm},
                                  {"job", run_.assignment.job},
                                  {"run", run_.id},
                                  {"phase", story.phase},
                                  {"source", story.source},
                                  {"source_datastores", story.source_datastores},
                                  {"datastore", story.datastore},
                                  {"snapshot", story.snapshot},
                                  {"generation", story.generation},
                                  {"message", message}},
                        .say = teller(run_.observer, point)};
    return call_hook(run_.hooks, point, call, stop);
}

std::optional<Error> Hooks::run_surely(HookPoint point, const config::Command& command,
                                       const std::string& message) noexcept
{
    try {
        return run(point, command, message, {});
    } catch (const std::exception& e) {
        return Error(ErrorKind::failed,
                     fmt::format("the hook {} failed: {}", word(point), e.what()));
    }
}

void run_job_hook(HookRunner* runner, HookPoint point, const config::Command& command,
                  std::chrono::seconds limit, const JobStory& story, Observer& observer,
                  std::stop_token stop)
{
    const HookCall call{.command = command,
                        .limit = limit,
                        .facts = {{"hook", word(point)},
                                  {"job", story.job},
                                  {"outcome", story.outcome},
                                  {"vms", std::to_string(story.vms)},
                                  {"generations", std::to_string(story.generations)},
                                  {"failed", std::to_string(story.failed)},
                                  {"skipped", std::to_string(story.skipped)},
                                  {"message", story.message}},
                        .say = teller(observer, point)};
    if (point == HookPoint::after_job)
        stop = {};
    if (!command.empty())
        observer.detail(fmt::format("hook {}: {}", word(point), command.front()));
    const auto error = call_hook(runner, point, call, stop);
    if (error && error->kind() == ErrorKind::interrupted)
        throw vimclient::Cancelled{};
    if (error)
        throw *error;
}

}  // namespace vmrotate::job
