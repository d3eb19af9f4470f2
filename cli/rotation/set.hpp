// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rotation/mark.hpp"
#include "rotation/name.hpp"

/// What the VMs of a place's folder are to one set.
namespace vmrotate::rotation {

enum class Power { off, on, suspended };

struct DiskFacts {
    std::string file;  ///< "[NFS_durian] folder/name.vmdk"
    std::string datastore_id;
    bool has_parent = false;  ///< it is a delta, or a linked clone's
};

/// What is known of one VM, from one reading.
struct VmFacts {
    std::string id, name, instance_uuid, folder_id;
    std::string vmx;  ///< "[NFS_durian] folder/name.vmx"
    MarkReading mark;
    Power power = Power::off;
    bool readable = true;  ///< false: its configuration is not to be had, the mark included
    bool has_snapshot = false;
    bool is_busy = false;  ///< a task runs on it
    bool is_template = false;
    std::vector<DiskFacts> disks;
};

/// Which set, and where. All of it must be right before anything is deleted.
struct SetId {
    std::string source_uuid;  ///< the source's instanceUuid
    std::string set = "default";
    Stem stem;
    std::string folder_id, datastore_id;
};

/// What a complete generation is good for.
enum class Condition {
    good,       ///< counts
    pinned,     ///< stays, does not count
    in_use,     ///< powered on or suspended: nothing of the set expires meanwhile
    set_aside,  ///< somebody changed it: stays, does not count, is reported
};

struct Generation {
    std::string id;  ///< managed object id, such as "vm-42"
    std::string name;
    int slot = 0;  ///< from 1; above `keep + 1` where `keep` was lowered
    long seq = 0;
    Time taken{};
    Condition condition = Condition::good;
    std::string reason;  ///< for people, unless good
    bool quiesced = false;
    std::optional<Freeze> freeze = {};  ///< of the guest, when it was made

    bool operator==(const Generation&) const = default;
};

/// A clone of this set that was never committed.
struct Unfinished {
    std::string id, name, run;
    int slot = 0;
    long seq = 0;
    Time taken{};

    bool operator==(const Unfinished&) const = default;
};

/// Something in the folder that looks like ours and is not: it is never touched.
struct Stranger {
    std::string id, name, reason;

    bool operator==(const Stranger&) const = default;
};

struct Set {
    std::vector<Generation> generations;  ///< newest first, by seq
    std::vector<Unfinished> unfinished;
    std::vector<Stranger> strangers;
    std::string unread;    ///< a VM of the folder that cannot be read: it may belong here
    long highest_seq = 0;  ///< in any mark of the set, believed or not: never given again

    bool operator==(const Set&) const = default;
};

/// Sorts the VMs of the folder. Those of other sources and sets are left out.
Set sort_out(const SetId& id, const std::vector<VmFacts>& folder);

/// The folder part of a datastore path: "[ds] dir/x.vmdk" gives "[ds] dir".
std::string directory_of(const std::string& datastore_path);

}  // namespace vmrotate::rotation
