// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

#include "job/choose_host.hpp"
#include "job/find.hpp"
#include "job/run.hpp"
#include "rotation/plan.hpp"
#include "vsphere.hpp"

/// The look and the plan: what a dry run prints, and what a real run executes.
namespace vmrotate::job {

/// A source, and where its generations live.
struct Located {
    vimclient::Vm source;
    vimclient::Place place;
    Target target;
    rotation::SetId id;
};

/// Finds both by the names that people gave. Throws what `find_source` and `find_target`
/// throw, and Error (failed) for an ESXi host.
Located locate(vimclient::Vsphere& vsphere, const config::Assignment& assignment);

struct Prepared : Located {
    HostChoice host;
    rotation::Set set;
    rotation::Plan plan;
    rotation::Time server_time{};
    std::chrono::seconds clock_skew{0};  ///< here minus there
    std::string stamp;                   ///< of the name to come

    /// The name that the next generation gets in this slot.
    std::string name(int slot) const { return rotation::compose_name(id.stem, slot, stamp); }
};

/// Reads and decides; changes nothing. Throws Error: refused where something forbids a
/// backup (all of it in one message), busy where a run is under way or one was cut short,
/// and what `find_source` and `find_target` throw.
Prepared prepare(vimclient::Vsphere& vsphere, const Run& run);

/// The set as it stands now.
rotation::Set read_set(vimclient::Vsphere& vsphere, const rotation::SetId& id);

/// The rules of the policy at the server's time.
rotation::Rules rules_of(const config::Policy& policy, rotation::Time server_time);

/// Throws Error (busy) where a snapshot or an unfinished clone of another run is there.
void refuse_interrupted(const vimclient::Vm& source, const rotation::Set& set,
                        const std::string& own_run);

}  // namespace vmrotate::job
