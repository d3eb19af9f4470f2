// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/joining.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/heal.hpp"
#include "job/marking.hpp"
#include "job/note_text.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

void move_up(vimclient::Vsphere& vsphere, const Run& run, const rotation::Numbering& step)
{
    const auto vm = read_one(vsphere, {step.id, step.name});
    const auto mark = mark_of_generation(vm, "renumber it");
    auto changed = mark;
    changed.seq = step.seq;
    change_mark(vsphere, run, vm.ref,
                {.mark = rotation::difference(mark, changed),
                 .annotation = with_other_mark(vm.annotation, mark, changed)},
                "renumber it");
}

}  // namespace

Survey survey_at_rest(vimclient::Vsphere& vsphere, const Run& run, const SourceLock* lock)
{
    auto seen = survey(vsphere, run);
    const std::string lock_id =
        lock == nullptr ? run.free_lock(seen.source.instance_uuid) : lock->id();
    const auto recovery = recovery_of(vsphere, run, seen, lock_id);
    refuse_alive(recovery);
    const auto open = std::ranges::find_if(
        recovery.steps, [](const auto& step) { return step.remedy != rotation::Remedy::leave; });
    if (open != recovery.steps.end())
        throw Error(ErrorKind::busy,
                    fmt::format("a run was cut short and has left something: {}", open->reason),
                    "'vmrotate clean' finishes or undoes it; then this can be done");
    if (!seen.set.unread.empty())
        throw Error(
            ErrorKind::refused,
            fmt::format("'{}', which may belong to the set, cannot be read", seen.set.unread),
            "look at that VM in the vSphere Client");
    return seen;
}

void take_steps(vimclient::Vsphere& vsphere, const Run& run,
                const std::vector<rotation::Numbering>& steps,
                const std::function<void(const rotation::Numbering&)>& join, Joined& done)
{
    for (const rotation::Numbering& step : steps) {
        if (run.stop.stop_requested())
            throw Error(ErrorKind::interrupted,
                        fmt::format("interrupted before '{}': what was done holds", step.name),
                        "the same command goes on with it");
        try {
            run.observer.step(fmt::format("'{}' gets the number {}", step.name, step.seq));
            step.joins ? join(step) : move_up(vsphere, run, step);
        } catch (const Error& e) {
            throw e.within(fmt::format("'{}'", step.name));
        }
        (step.joins ? done.joined : done.moved_up).push_back(step.name);
    }
}

}  // namespace vmrotate::job
