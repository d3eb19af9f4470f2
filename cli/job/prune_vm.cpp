// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/prune_vm.hpp"

#include <limits>
#include <utility>

#include "job/heal.hpp"
#include "job/retention.hpp"

namespace vmrotate::job {
namespace {

constexpr int no_brake = std::numeric_limits<int>::max();

std::vector<rotation::Decision> decisions_of(const Run& run, const Survey& seen)
{
    auto rules = rules_of(run.assignment.policy, seen.server_time);
    rules.brake = no_brake;
    return rotation::retention(seen.set, rules);
}

}  // namespace

Pruning plan_pruning(vimclient::Vsphere& vsphere, const Run& run)
{
    auto seen = survey(vsphere, run);
    Pruning pruning;
    pruning.recovery = recovery_of(vsphere, run, seen, run.free_lock(seen.source.instance_uuid));
    refuse_alive(pruning.recovery);
    seen.set = rotation::foresee(seen.set, pruning.recovery);
    pruning.decisions = decisions_of(run, seen);
    return pruning;
}

Pruned prune_vm(vimclient::Vsphere& vsphere, const Run& run)
{
    run.observer.step("looking at the VM and its generations");
    auto seen = survey(vsphere, run);
    const auto lock = run.lock(seen.source.instance_uuid);
    auto healing = heal(vsphere, run, seen, lock->id());

    Pruned pruned;
    pruned.healed = std::move(healing.done);
    pruned.warnings = std::move(healing.left);
    expire_surplus(vsphere, run, {seen.id, decisions_of(run, seen), seen.set.unread, {}, no_brake},
                   pruned);
    return pruned;
}

}  // namespace vmrotate::job
