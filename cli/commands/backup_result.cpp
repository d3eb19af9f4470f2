// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/backup_result.hpp"

#include <exception>
#include <new>

#include <fmt/format.h>

#include "base/text.hpp"
#include "job/backup_vm.hpp"
#include "job/explain.hpp"
#include "job/skip.hpp"
#include "vsphere.hpp"

namespace vmrotate::cli {
namespace {

Error too_late(const job::Run& run, const std::string& how)
{
    return {ErrorKind::failed,
            fmt::format("its copy took longer than the deadline of {}: {}",
                        duration_text(run.assignment.policy.deadline), how),
            "raise 'deadline', or look why the copy is so slow"};
}

/// What went wrong, in the words of a backup. To be called while an exception is handled.
Error error_in_hand(const job::Run& run, bool is_late)
{
    try {
        throw;
    } catch (const vimclient::Cancelled&) {
        const std::string what = "no new generation was made, none was deleted";
        return is_late ? too_late(run, "cancelled; " + what)
                       : Error(ErrorKind::interrupted, "interrupted: " + what);
    } catch (const Error& e) {
        return is_late && e.kind() == ErrorKind::interrupted ? too_late(run, e.what()) : e;
    } catch (const vimclient::OutcomeUnknown& lost) {
        return job::explain(lost, "back it up");
    } catch (const vimclient::Fault& fault) {
        return job::explain(fault, "back it up");
    } catch (const std::bad_alloc&) {
        return {ErrorKind::failed, "cannot back it up: out of memory",
                "give this machine more memory"};
    } catch (const std::exception& e) {
        return {ErrorKind::failed, std::string("cannot back it up: ") + e.what(),
                "this may be a defect of vmrotate; please report it"};
    }
}

}  // namespace

bool is_of_a_job(const config::Assignment& assignment)
{
    return !assignment.job.empty() && !assignment.by_name;
}

void skip_for_window(const config::Assignment& assignment, const std::string& reason,
                     report::VmResult& result)
{
    if (assignment.rules.window_is_failure)
        result.error = Error(ErrorKind::some_failed, "skipped: " + reason,
                             "it comes first the next time; window_is_failure makes it a failure");
    else
        result.skipped = reason;
}

report::VmResult back_up(vimclient::Vsphere& vsphere, const job::Run& run,
                         const std::function<bool()>& is_late)
{
    const config::Assignment& assignment = run.assignment;
    report::VmResult result{.vm = assignment.vm};
    try {
        result.outcome = job::backup_vm(vsphere, run);
    } catch (const job::Skip& skip) {
        if (skip.cause() == job::Skip::Cause::window)
            skip_for_window(assignment, skip.what(), result);
        else
            result.skipped = skip.what();
    } catch (const job::AnotherRun& e) {
        if (is_of_a_job(assignment))
            result.skipped = fmt::format("another run has it: {}", e.what());
        else
            result.error = e;
    } catch (...) {
        result.error = error_in_hand(run, is_late());
    }
    return result;
}

report::VmResult refused_by_job(const config::Assignment& assignment, const Error& why)
{
    report::VmResult result{.vm = assignment.vm};
    if (why.kind() != ErrorKind::interrupted &&
        assignment.policy.hook_failure == config::HookFailure::skip)
        result.skipped = why.what();
    else
        result.error = why;
    return result;
}

std::string trouble_of(const report::VmResult& result)
{
    if (result.error)
        return result.error->within(result.vm).what();
    if (result.outcome && !result.outcome->ok())
        return result.outcome->left_undone.front().within(result.vm).what();
    return {};
}

}  // namespace vmrotate::cli
