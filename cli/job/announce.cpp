// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/announce.hpp"

#include <chrono>

#include <fmt/format.h>

#include "base/text.hpp"
#include "job/explain.hpp"
#include "job/note_text.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Fault;

void log_line(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source,
              const std::string& text)
{
    constexpr std::size_t longest = 900;  // characters; the server cuts longer lines as it likes
    if (!run.assignment.policy.event_log || source.id.empty())
        return;
    try {
        vsphere.log_event(source, printable(text, longest));
    } catch (const Fault& fault) {
        run.observer.detail(fmt::format("no line in the VM's event log: {}", fault.what()));
    } catch (const vimclient::Cancelled&) {
        run.observer.detail("no line in the VM's event log: interrupted");
    }
}

/// What stands against the custom attribute; empty where it is set.
std::string set_attribute(vimclient::Vsphere& vsphere, const vimclient::VmRef& source,
                          const std::string& name)
{
    try {
        vsphere.set_attribute(source, newest_attribute, name);
        return {};
    } catch (const Fault& fault) {
        return explain(fault, fmt::format("set the custom attribute '{}'", newest_attribute))
            .what();
    }
}

std::string write_note(vimclient::Vsphere& vsphere, const vimclient::Vm& source,
                       const std::string& name)
{
    try {
        const auto now = vsphere.read_vms({source.ref});
        if (now.empty())
            return "the VM has been removed";
        vsphere.reconfigure(source.ref,
                            {.mark = {}, .annotation = with_newest(now.front().annotation, name)});
        return {};
    } catch (const Fault& fault) {
        return explain(fault, "write it into the note").what();
    }
}

}  // namespace

void name_newest(vimclient::Vsphere& vsphere, const Run& run, const vimclient::Vm& source,
                 Outcome& outcome)
{
    if (!run.assignment.policy.newest_alias)
        return;
    std::string problem;
    try {
        problem = set_attribute(vsphere, source.ref, outcome.generation);
        if (problem.empty())
            return;
        const std::string second = write_note(vsphere, source, outcome.generation);
        problem += second.empty() ? "; its note names the newest generation instead"
                                  : "; nor its note: " + second;
    } catch (const vimclient::Cancelled&) {
        problem = "interrupted: the VM does not name its newest generation";
    }
    outcome.warnings.push_back(problem);
    run.observer.warning(problem);
}

void log_outcome(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source,
                 const Outcome& outcome)
{
    std::string text = fmt::format(
        "vmrotate: the backup '{}' is complete (slot {:02}, seq {}), the snapshot was held {}",
        outcome.generation, outcome.slot, outcome.seq,
        duration_text(std::chrono::round<std::chrono::seconds>(outcome.snapshot_held)));
    if (!outcome.ok())
        text += fmt::format("; but: {}", outcome.left_undone.front().what());
    log_line(vsphere, run, source, text);
}

void log_failure(vimclient::Vsphere& vsphere, const Run& run, const vimclient::VmRef& source,
                 const std::string& message)
{
    log_line(vsphere, run, source, fmt::format("vmrotate: no backup was made: {}", message));
}

}  // namespace vmrotate::job
