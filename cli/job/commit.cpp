// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/commit.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/discard.hpp"
#include "job/facts.hpp"
#include "job/neighbours.hpp"
#include "job/note_text.hpp"
#include "job/settle.hpp"
#include "job/verify.hpp"

namespace vmrotate::job {
namespace {

/// Somebody took this run for dead, had proof that the copy is whole, and committed it.
bool is_finished(const vimclient::Vm& vm, const std::string& run)
{
    const auto reading = rotation::decode(vm.mark);
    return reading.kind == rotation::MarkReading::Kind::whole && reading.mark.run == run &&
           reading.mark.state == rotation::State::complete && reading.mark.self == vm.instance_uuid;
}

/// Writes `change`, after which the copy must carry `mark`.
vimclient::Vm write(vimclient::Vsphere& vsphere, const Run& run, const Copy& copy,
                    const vimclient::Change& change, const rotation::Mark& mark,
                    const std::string& what, const ReadBack& read_back = {})
{
    return change_surely(
        vsphere, run, copy.vm, what, [&] { vsphere.reconfigure(copy.vm, change); },
        [&](const vimclient::Vm& now) { return rotation::decode(now.mark).mark == mark; },
        read_back);
}

/// A server that dropped the mark of the clone call gets it now: a copy without one would
/// be nobody's if this run died.
vimclient::Vm with_mark(vimclient::Vsphere& vsphere, const Run& run, const Copy& copy)
{
    const auto vm = read_one(vsphere, copy.vm);
    const auto reading = rotation::decode(vm.mark);
    if (reading.mark == copy.mark || is_finished(vm, copy.mark.run))
        return vm;
    if (reading.kind == rotation::MarkReading::Kind::whole && reading.mark.run != copy.mark.run &&
        reading.mark.self == vm.instance_uuid)
        throw Error(
            ErrorKind::refused,
            fmt::format("cannot mark '{}': it is a generation of another run", copy.vm.name));
    const vimclient::Change change{.mark = rotation::encode(copy.mark), .annotation = {}};
    try {
        return write(vsphere, run, copy, change, copy.mark, "mark the copy");
    } catch (const Error&) {
        run.observer.warning(
            fmt::format("the copy '{}' carries no mark and is left: it counts as "
                        "nothing, delete it in the vSphere Client",
                        copy.vm.name));
        throw;
    }
}

vimclient::Change change_of(const Run& run, const Survey& seen, const rotation::Mark& mark)
{
    return {.mark = rotation::encode(mark),
            .annotation = finished_note(mark, seen.source.annotation),
            .disconnect_nics = run.assignment.policy.nics == config::Nics::disconnected};
}

void warn(const Run& run, Outcome& outcome, const std::string& text)
{
    outcome.warnings.push_back(text);
    run.observer.warning(text);
}

/// A whole copy is never thrown away for what the server says to the last call: the next run
/// tries again.
vimclient::Vm finish(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                     const Copy& copy, const rotation::Mark& mark, const ReadBack& read_back)
{
    try {
        return write(vsphere, run, copy, change_of(run, seen, mark), mark,
                     fmt::format("commit '{}'", copy.vm.name), read_back);
    } catch (const Error&) {
        run.observer.warning(fmt::format(
            "the copy '{}' is left, and counts as nothing until a later run has finished it",
            copy.vm.name));
        throw;
    }
}

/// Half of the last one: the source may have lost its data, and the good copies will expire.
void warn_if_much_smaller(const Run& run, const Survey& seen, const vimclient::Vm& copy,
                          Outcome& outcome)
{
    const std::int64_t last = seen.newest_used;
    if (!seen.set.generations.empty() && copy.used != 0 && copy.used < last / 2)
        warn(run, outcome,
             fmt::format("'{}' takes less than half of the room of '{}': look whether the "
                         "source is whole",
                         copy.ref.name, seen.set.generations.front().name));
}

}  // namespace

void commit(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen, const Copy& copy,
            Outcome& outcome, const ReadBack& read_back)
{
    auto vm = with_mark(vsphere, run, copy);
    const Verdict verdict = verify(vm, copy.mark.disks, seen.id);
    if (!verdict.faults.empty())
        throw UnfitCopy(
            ErrorKind::failed,
            fmt::format("cannot use the copy '{}': {}", copy.vm.name,
                        fmt::join(verdict.faults, "; ")),
            "no generation was deleted; look at vCenter's tasks and events of the copy");
    rotation::Mark mark = copy.mark;
    mark.state = rotation::State::complete;
    mark.self = vm.instance_uuid;
    mark.freeze = outcome.freeze;
    if (!is_finished(vm, mark.run))
        vm = finish(vsphere, run, seen, copy, mark, read_back);

    if (run.neighbours != nullptr)
        run.neighbours->note(seen.id.folder_id, vm);
    outcome.generation = copy.vm.name;
    outcome.generation_id = copy.vm.id;
    outcome.slot = mark.slot;
    outcome.seq = mark.seq;
    outcome.quiesced = mark.quiesced;
    for (const rotation::DiskSize& disk : mark.disks)
        outcome.bytes += disk.bytes;
    for (const std::string& warning : verdict.warnings)
        warn(run, outcome, warning);
    warn_if_much_smaller(run, seen, vm, outcome);
}

void commit_or_discard(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                       const Copy& copy, Outcome& outcome, const ReadBack& read_back)
{
    try {
        commit(vsphere, run, seen, copy, outcome, read_back);
    } catch (const UnfitCopy&) {
        discard_copy(vsphere, run, seen, {copy.vm, copy.mark.run, copy.made_here});
        throw;
    }
}

}  // namespace vmrotate::job
