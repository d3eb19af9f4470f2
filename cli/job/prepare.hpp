// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

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

/// And what stands there now.
struct Survey : Located {
    rotation::Set set;
    rotation::Time server_time{};
    std::chrono::seconds clock_skew{0};  ///< here minus there
    std::int64_t newest_used = 0;        ///< bytes, of the set's newest generation; 0: not told
    std::vector<vimclient::Host> hosts;  ///< those that were read along
};

/// Reads only. With a hint that still fits it is one call: the VM of that id, where it still has
/// the name and the instanceUuid. So a namesake that came later is not noticed, and not backed up
/// in its place either. Without one, and without `Run::found`, the VM is looked for by its name.
/// Throws what `locate` throws.
Survey survey(vimclient::Vsphere& vsphere, const Run& run);

/// The same source seen from a further place of it: what is known of the source is taken from
/// `first`, the place and its set are read. Throws what `find_target` throws.
Survey survey_beside(vimclient::Vsphere& vsphere, const Run& run, const Survey& first);

struct Prepared : Survey {
    HostChoice host;
    rotation::Plan plan;
    std::string stamp;             ///< of the name to come
    std::string copied_from = {};  ///< a further place: the datastore of the first

    /// The name that the next generation gets in this slot.
    std::string name(int slot) const { return rotation::compose_name(id.stem, slot, stamp); }
};

/// Decides; changes nothing. Throws Error (refused) where something forbids a backup, all of it
/// in one message.
Prepared prepare(vimclient::Vsphere& vsphere, const Run& run, Survey seen);

/// The same for a copy of what `first` has made: its name bears the same time.
Prepared prepare_beside(vimclient::Vsphere& vsphere, const Run& run, const Prepared& first,
                        Survey seen);

/// A set, and the room that its newest generation takes.
struct Members {
    rotation::Set set;
    std::int64_t newest_used = 0;
};

Members members_of(const rotation::SetId& id, const std::vector<vimclient::Vm>& folder);

/// The set as it stands now.
Members read_members(vimclient::Vsphere& vsphere, const Run& run, const rotation::SetId& id);
rotation::Set read_set(vimclient::Vsphere& vsphere, const rotation::SetId& id);

/// The rules of the policy at the server's time.
rotation::Rules rules_of(const config::Policy& policy, rotation::Time server_time);

}  // namespace vmrotate::job
