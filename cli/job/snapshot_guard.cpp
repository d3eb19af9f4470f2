// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/snapshot_guard.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/facts.hpp"
#include "job/quiesce.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

using vimclient::Fault;
using vimclient::Quiesce;

}  // namespace

SnapshotGuard::SnapshotGuard(vimclient::Vsphere& vsphere, const Run& run,
                             const vimclient::Vm& source, const rotation::SnapshotNote& note)
    : vsphere_(vsphere),
      run_(run),
      vm_(source.ref),
      note_(note),
      made_(run.clock.steady()),
      datastore_ids_(datastores_of(source))
{
    snapshot_ = take(source);
}

SnapshotGuard::SnapshotGuard(vimclient::Vsphere& vsphere, const Run& run,
                             const vimclient::VmRef& source, rotation::SnapshotNote note,
                             vimclient::SnapshotRef left, std::vector<std::string> datastore_ids)
    : vsphere_(vsphere),
      run_(run),
      vm_(source),
      note_(std::move(note)),
      made_(run.clock.steady()),
      datastore_ids_(std::move(datastore_ids)),
      snapshot_(std::move(left))
{
}

SnapshotGuard::~SnapshotGuard()
{
    if (ended_)
        return;
    try {
        finish_removal();
    } catch (const std::exception& e) {
        run_.observer.warning(
            fmt::format("the snapshot '{}' may be left: {}", snapshot_name(note_), e.what()));
    }
}

vimclient::SnapshotRef SnapshotGuard::take(const vimclient::Vm& source)
{
    const QuiesceChoice choice = choose_quiesce(run_.assignment.policy.quiesce, source);
    if (!choice.shortfall.empty()) {
        fell_short_ = true;
        run_.observer.warning(choice.shortfall + ": taken without bringing the guest to rest");
    }
    if (!choice.may_fall_back || choice.ask == Quiesce::off)
        return take_once(choice.ask);
    try {
        return create(Quiesce::require);
    } catch (const Fault& fault) {
        if (fault.kind() != Fault::Kind::quiesce)
            throw explain(fault, "take the snapshot");
        fell_short_ = true;
        run_.observer.warning(std::string(explain(fault, "bring the guest to rest").what()) +
                              "; taken without it");
        return take_once(Quiesce::off);
    }
}

bool SnapshotGuard::judge_rest(bool is_quiesced)
{
    if (!asked_for_rest_ || is_quiesced)
        return fell_short_;
    const std::string sentence =
        "the guest was to be brought to rest, and by vCenter's own word "
        "the snapshot is not quiesced";
    if (run_.assignment.policy.quiesce == config::Quiesce::require)
        throw Error(ErrorKind::failed, "cannot back it up: " + sentence,
                    "look at VMware Tools in the guest, or set quiesce = \"prefer\"");
    run_.observer.warning(sentence);
    return true;
}

vimclient::SnapshotRef SnapshotGuard::take_once(Quiesce quiesce)
{
    return explaining("take the snapshot", [&] { return create(quiesce); });
}

vimclient::SnapshotRef SnapshotGuard::create(Quiesce quiesce)
{
    asked_for_rest_ = quiesce == Quiesce::require;
    try {
        return vsphere_.create_snapshot(
            vm_, {snapshot_name(note_), snapshot_description(note_), quiesce});
    } catch (const vimclient::OutcomeUnknown& lost) {
        return find_lost(lost);
    } catch (const Fault& fault) {
        if (fault.kind() != Fault::Kind::unreachable && fault.kind() != Fault::Kind::logon)
            clear_away();
        throw;
    }
}

void SnapshotGuard::clear_away()
{
    try {
        const auto source = read_once_idle(vsphere_, run_, vm_);
        const auto left = source ? twin_in(*source) : std::nullopt;
        if (!left)
            return;
        snapshot_ = *left;
        finish_removal();
        ended_.reset();
    } catch (const std::exception& e) {
        run_.observer.warning(
            fmt::format("the snapshot '{}' may be left: {}", snapshot_name(note_), e.what()));
    }
}

vimclient::SnapshotRef SnapshotGuard::find_lost(const vimclient::OutcomeUnknown& lost)
{
    std::optional<vimclient::Vm> source;
    try {
        source = read_once_idle(vsphere_, run_, vm_);
    } catch (const Fault& fault) {
        throw Error(ErrorKind::unreachable,
                    fmt::format("cannot tell whether the snapshot '{}' was taken: {}",
                                snapshot_name(note_), fault.what()),
                    "the next run looks for it and removes it");
    }
    for (const vimclient::Snapshot& snapshot :
         source ? source->snapshots : std::vector<vimclient::Snapshot>{})
        if (rotation::read_snapshot(snapshot.name, snapshot.description) == note_)
            return snapshot.ref;
    throw explain(lost, "take the snapshot");
}

void SnapshotGuard::begin_removal()
{
    if (!turn_ && run_.gate != nullptr)
        turn_ = run_.gate->try_removal(datastore_ids_);
    if (turn_ || run_.gate == nullptr)
        send_removal();
}

void SnapshotGuard::send_removal()
{
    if (begun_)
        return;
    try {
        removal_ = explaining("remove the snapshot '" + snapshot_name(note_) + "'",
                              [&] { return vsphere_.begin_remove_snapshot(snapshot_); });
        begun_ = true;
        must_look_ = false;
    } catch (const vimclient::OutcomeUnknown&) {
        must_look_ = true;
    }
}

bool SnapshotGuard::removal_has_ended()
{
    const bool has_ended = begun_ && removal_ && vsphere_.has_ended(*removal_);
    if (has_ended)
        turn_.reset();
    return has_ended;
}

void SnapshotGuard::take_turn()
{
    if (!turn_ && run_.gate != nullptr)
        turn_ = run_.gate->removal(datastore_ids_);
}

void SnapshotGuard::finish_removal(const vimclient::Vm* known)
{
    if (ended_)
        return;
    const auto give_turn_back = [](SnapshotGuard* guard) { guard->turn_.reset(); };
    const std::unique_ptr<SnapshotGuard, decltype(give_turn_back)> at_the_end(this);
    remove_and_look(known);
}

void SnapshotGuard::remove_and_look(const vimclient::Vm* known)
{
    constexpr int attempts = 3;
    std::string problem;
    auto source = must_look_ ? read_source(false) : vimclient::Vm{};
    for (int i = 0; i < attempts && (i == 0 ? !must_look_ || is_there(source) : is_there(source));
         ++i) {
        if (!removal_has_ended())
            take_turn();
        send_removal();
        problem = wait_for_removal();
        if (problem.empty())
            turn_.reset();  // others may remove while this one is looked after
        const bool is_known = known != nullptr && problem.empty();
        source = is_known ? *std::exchange(known, nullptr) : read_source(problem.empty());
        begun_ = must_look_ = false;
    }
    ended_ = run_.clock.steady();
    if (is_there(source))
        throw Error(
            ErrorKind::failed,
            fmt::format("cannot remove the snapshot '{}': {}", snapshot_name(note_),
                        problem.empty() ? "the server says that it is gone, and it is still there"
                                        : problem),
            "remove it in the vSphere Client: it grows until the datastore is full");
    if (const auto twin = twin_in(source)) {
        snapshot_ = *twin;
        removal_.reset();
        ended_.reset();
        remove_and_look(nullptr);
        return;
    }
    consolidate_if_needed(source);
}

std::optional<vimclient::SnapshotRef> SnapshotGuard::twin_in(const vimclient::Vm& source) const
{
    for (const vimclient::Snapshot& snapshot : source.snapshots) {
        const auto note = rotation::read_snapshot(snapshot.name, snapshot.description);
        if (note && note->run == note_.run)
            return snapshot.ref;
    }
    return {};
}

void SnapshotGuard::leave_to_next_run()
{
    ended_ = run_.clock.steady();
    run_.observer.warning(
        fmt::format("the snapshot '{}' stays, as the copy may go on; the next run "
                    "removes it",
                    snapshot_name(note_)));
}

std::string SnapshotGuard::wait_for_removal()
{
    if (must_look_)
        return "the reply was lost, and it is still there";
    try {
        if (begun_ && removal_)
            vsphere_.wait(*removal_, {});
    } catch (const Fault& fault) {
        return fault.what();
    }
    return {};
}

// a snapshot leaves the tree when its removal begins; that ends with the VM's tasks
vimclient::Vm SnapshotGuard::read_source(bool is_certain)
{
    if (is_certain)
        return read_one(vsphere_, vm_);
    auto found = explaining("read the VM", [&] { return read_once_idle(vsphere_, run_, vm_); });
    if (!found)
        throw Error(ErrorKind::failed, "cannot read the VM: it has been removed",
                    "look at vCenter's events, who removed it");
    return std::move(*found);
}

bool SnapshotGuard::is_there(const vimclient::Vm& source) const
{
    return std::ranges::count(source.snapshots, snapshot_, &vimclient::Snapshot::ref) > 0;
}

void SnapshotGuard::consolidate_if_needed(const vimclient::Vm& source)
{
    if (!source.consolidation_needed)
        return;
    if (run_.assignment.policy.consolidate == config::Consolidate::automatic) {
        take_turn();
        try {
            explaining("consolidate the disks", [&] { vsphere_.consolidate(vm_); });
        } catch (const vimclient::OutcomeUnknown&) {
            run_.observer.remark("the reply to the consolidation was lost: looking after it");
        }
        const auto now =
            explaining("read the VM", [&] { return read_once_idle(vsphere_, run_, vm_); });
        if (now && !now->consolidation_needed)
            return;
    }
    throw Error(ErrorKind::failed,
                "the snapshot is gone, but the VM's disks still need consolidation",
                "consolidate them in the vSphere Client");
}

std::chrono::milliseconds SnapshotGuard::held() const
{
    return ended_.value_or(run_.clock.steady()) - made_;
}

}  // namespace vmrotate::job
