// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "job/run.hpp"
#include "rotation/guards.hpp"
#include "vsphere.hpp"

/// Several facts by one call. What cannot be told that way is asked for by the calls of its own.
namespace vmrotate::job {

/// Nothing where an object that is named is gone, or one cannot be read. Throws other Faults.
std::optional<vimclient::Answer> ask_together(vimclient::Vsphere& vsphere,
                                              const vimclient::Question& question);

/// The server's time: as it came along where the clock here agrees with it, else it is asked for.
/// A server that tells a time which it has kept from earlier is not believed. Throws Fault.
rotation::Time server_time(vimclient::Vsphere& vsphere, const Run& run,
                           const std::optional<vimclient::Time>& told);

/// All that a set's deletions are decided upon.
struct SetFacts {
    std::vector<vimclient::Vm> folder;
    std::string datastore_id;
    std::optional<std::vector<vimclient::DiskUse>> uses;  ///< of that datastore
    std::optional<vimclient::Time> time;
};

vimclient::Question question_of_set(const rotation::SetId& id);
std::optional<SetFacts> set_facts(const rotation::SetId& id, vimclient::Answer answer);

/// Throws Fault.
SetFacts read_set_facts(vimclient::Vsphere& vsphere, const rotation::SetId& id);

}  // namespace vmrotate::job
