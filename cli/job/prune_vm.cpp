// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/prune_vm.hpp"

#include <limits>
#include <utility>

#include "job/heal.hpp"
#include "job/retention.hpp"

namespace vmrotate::job {
namespace {

constexpr int no_brake = std::numeric_limits<int>::max();

}  // namespace

UpkeepPlan plan_pruning(vimclient::Vsphere& vsphere, const Run& run)
{
    const auto [seen, recovery] = foresee(vsphere, run);
    return {recovery, decisions_of(run, seen, no_brake)};
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
    expire_surplus(vsphere, run,
                   {seen.id, decisions_of(run, seen, no_brake), seen.set.unread, {}, no_brake},
                   pruned);
    return pruned;
}

}  // namespace vmrotate::job
