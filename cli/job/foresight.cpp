// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/foresight.hpp"

#include <utility>

namespace vmrotate::job {

Foresight foresee(vimclient::Vsphere& vsphere, const Run& run)
{
    Foresight foresight{survey(vsphere, run), {}};
    Survey& seen = foresight.seen;
    foresight.recovery = recovery_of(vsphere, run, seen, run.free_lock(seen.source.instance_uuid));
    refuse_alive(foresight.recovery);
    seen.set = rotation::foresee(seen.set, foresight.recovery);
    return foresight;
}

std::vector<rotation::Decision> decisions_of(const Run& run, const Survey& seen, int brake)
{
    auto rules = rules_of(run.assignment.policy, seen.server_time);
    rules.brake = brake;
    return rotation::retention(seen.set, rules);
}

}  // namespace vmrotate::job
