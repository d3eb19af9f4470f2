// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "config/config.hpp"
#include "job/hints.hpp"
#include "job/neighbours.hpp"
#include "vsphere.hpp"

namespace vmrotate::fleet {

/// What stands in the folders where generations lie: one listing for each, for all VMs. Good for
/// choosing and for an order; whoever deletes reads again.
class Places {
public:
    /// Folders by their paths, in all of these datacenters; one that does not exist is empty.
    static Places read(vimclient::Vsphere& vsphere, const std::set<std::string>& datacenter_ids,
                       const std::set<std::string>& paths, const Clock& clock);

    /// It carries our mark, in whatever state.
    bool holds(const std::string& vm_id) const { return marked_.contains(vm_id); }

    /// One set of one source, by the names that people know.
    struct Ring {
        std::string datacenter_id, folder, source_name, set;

        auto operator<=>(const Ring&) const = default;
    };

    /// When the newest complete generation was taken.
    std::optional<std::chrono::sys_seconds> newest(const Ring& ring) const;

    /// When the oldest copy was taken that was not complete yet, of whatever run.
    std::optional<std::chrono::sys_seconds> unfinished(const Ring& ring) const;

    /// The datastore's id; empty where there is none of this name.
    std::string datastore(const std::string& datacenter_id, const std::string& name) const;

    /// What stands for a hint where there is none: the VM, and where its generations go.
    job::Hint hint(const vimclient::Standing& vm, const config::Policy& policy) const;

    /// What the listings told; null where there was none.
    const std::shared_ptr<job::Neighbours>& neighbours() const { return neighbours_; }

private:
    using Named = std::pair<std::string, std::string>;  ///< a datacenter's id, and a name in it

    void add_folder(const std::string& datacenter_id, const vimclient::Folder& folder,
                    const std::vector<vimclient::Vm>& vms);

    std::set<std::string> marked_;
    std::map<Ring, std::chrono::sys_seconds> newest_, unfinished_;
    std::map<Named, vimclient::Datastore> datastores_;
    std::map<Named, std::string> folder_ids_;  ///< of those that were listed
    std::shared_ptr<job::Neighbours> neighbours_;
};

}  // namespace vmrotate::fleet
