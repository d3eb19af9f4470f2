// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/retention.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "job/verify.hpp"

namespace vmrotate::job {
namespace {

const rotation::Generation* newest_good(const std::vector<rotation::Decision>& decisions)
{
    for (const rotation::Decision& decision : decisions)
        if (decision.generation.condition == rotation::Condition::good)
            return &decision.generation;
    return nullptr;
}

/// Why the newest good generation does not vouch for the set, if so. Throws Fault.
std::string what_is_wrong(vimclient::Vsphere& vsphere, const rotation::SetId& id,
                          const rotation::Generation* newest)
{
    if (newest == nullptr)
        return "there is no good generation";
    const auto found = vsphere.read_vms({{newest->id, newest->name}});
    if (found.empty())
        return fmt::format("the newest generation '{}' has vanished", newest->name);
    const auto reading = rotation::decode(found.front().mark);
    if (reading.kind != rotation::MarkReading::Kind::whole ||
        reading.mark.self != found.front().instance_uuid)
        return fmt::format("the newest generation '{}' no longer carries its mark", newest->name);
    const Verdict verdict = verify(found.front(), reading.mark.disks, id);
    if (verdict.faults.empty())
        return {};
    return fmt::format("the newest generation '{}' is not fit: {}", newest->name,
                       fmt::join(verdict.faults, "; "));
}

}  // namespace

void expire_surplus(vimclient::Vsphere& vsphere, const Run& run, Due due, Expiry& outcome)
try {
    const bool is_anything_due =
        std::ranges::count(due.decisions, rotation::Fate::expire, &rotation::Decision::fate) > 0;
    const rotation::Generation* newest = newest_good(due.decisions);
    if (is_anything_due) {
        if (newest != nullptr)
            run.observer.step(fmt::format("verifying '{}'", newest->name));
        if (const auto wrong = what_is_wrong(vsphere, due.id, newest); !wrong.empty()) {
            outcome.left_undone.push_back({ErrorKind::refused, "nothing was deleted: " + wrong,
                                           "look at that VM, then make a new backup"});
            return;
        }
        due.newest_id = newest->id;
    }
    expire(vsphere, run, due, outcome);
} catch (const vimclient::Fault& fault) {
    outcome.left_undone.push_back(explain(fault, "verify the newest generation"));
}

}  // namespace vmrotate::job
