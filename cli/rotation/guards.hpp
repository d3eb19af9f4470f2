// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "rotation/set.hpp"

/// The guards: every reason not to delete a VM.
///
/// A pure function over facts that were read just before. It is asked once for each
/// Destroy_Task that this program ever sends, and there is no way round it.
namespace vmrotate::rotation {

enum class Guard {
    readable,        ///< its configuration could be read
    mark_whole,      ///< it carries our mark, of a version that we know
    self,            ///< and the mark is its own, not copied with a clone
    state,           ///< complete; or copying, for an unfinished clone
    dead_run,        ///< an unfinished clone: of the run that is being undone, and the only one
    same_set,        ///< source and set in the mark are those of this set
    name,            ///< anchored to the prefix and stem in its own mark
    folder,          ///< stands in the place's folder, by id
    not_a_source,    ///< is not itself a VM that is backed up
    disks_here,      ///< every disk on the place's datastore and in the VM's own folder
    no_parent_disk,  ///< no disk depends on another file
    disks_as_made,   ///< as many disks as its mark tells; an unfinished clone: no more
    disks_unshared,  ///< no other VM of that datastore uses one of them
    powered_off,
    not_a_template,
    no_snapshot,
    not_busy,  ///< no task runs on it
    not_pinned,
    set_not_in_use,  ///< no generation of the set is powered on or suspended
    newer_one,       ///< a newer generation was committed or verified by this very run
    enough_left,     ///< as many good ones as are to be kept remain
    old_enough,      ///< min_age
    brake,           ///< not more than so many in one run
    listing_whole,   ///< the set was read completely
    clock,           ///< ours and the server's are within an hour
};

/// Everything that a guard may look at.
struct Deletion {
    VmFacts victim;
    SetId set;

    /// Set for a clone that was never committed: the run that made it. It has no `self`
    /// yet; `state=copying` and that run stand in its place.
    std::optional<std::string> unfinished_run;
    int clones_of_that_run = 0;  ///< VMs of the folder with that run's mark, whatever its state
    bool made_here = false;      ///< this very run's clone task named it as its result

    std::vector<std::string> sources;     ///< names of every VM that is backed up here
    std::vector<std::string> disk_users;  ///< names of other VMs that use one of its disks
    std::string generation_in_use;        ///< name of one of the set; empty if none
    std::string unread;                   ///< name of a VM of the set that cannot be read
    long newest_verified_seq = 0;         ///< committed or verified in this run; 0: none
    int good_left = 0;                    ///< good generations once the victim is gone
    int keep = 1;
    std::chrono::seconds min_age{0};
    Time now{};                          ///< the server's clock
    std::chrono::seconds clock_skew{0};  ///< here minus there, either sign
    int deleted_before = 0;              ///< in this run, of this source
    int brake = 2;
};

struct Objection {
    Guard guard;
    std::string sentence;  ///< "it is powered on"
};

/// Every guard that says no, in the order above; empty means that it may be deleted.
std::vector<Objection> objections(const Deletion& deletion);

}  // namespace vmrotate::rotation
