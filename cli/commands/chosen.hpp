// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "commands/options.hpp"
#include "config/config.hpp"
#include "connect.hpp"
#include "fleet/places.hpp"
#include "fleet/roster.hpp"
#include "vsphere.hpp"

/// Which VMs a command is about: from the words of a person to names that stand in the inventory.
namespace vmrotate::cli {

/// What is known before a server is asked.
struct Wish {
    config::Config config;
    std::vector<std::string> vms, jobs;
    config::Layer options;
    vimclient::Patience patience;  ///< enough for whatever VM turns out to be meant

    /// The VMs, where the inventory need not be asked.
    std::optional<std::vector<config::Assignment>> known;
};

/// Throws Error (usage) where words or configuration are wrong, or contradict each other.
Wish wish_of(const config::Config& config, const SelectionOptions& options);

/// What is known of the inventory.
struct Inventory {
    std::vector<vimclient::Standing> standings;
    fleet::Places places;
};

struct Chosen {
    config::Config config;  ///< its jobs have names of VMs only
    std::vector<config::Assignment> assignments;
    std::vector<fleet::Lack> lacks;      ///< lines of the jobs meant that failed
    std::optional<Inventory> inventory;  ///< where it was asked
};

/// Asks the inventory where that is needed. Throws Error: usage where what was found contradicts
/// itself, and nothing has been changed; what the server says.
Chosen choose(vimclient::Vsphere& vsphere, const Wish& wish, const Clock& clock);

/// Before anything is changed; before anything is contacted where all names are known. Throws
/// Error (usage) where a group of these cannot be backed up in this way.
void refuse_broken_groups(const config::Config& config,
                          const std::vector<config::Assignment>& selection);

/// What was chosen, with an assignment for each place of a VM: for verbs that go from set to set.
Chosen in_all_places(Chosen chosen);

/// What stands where, for all of these: two listings and one for each folder of generations.
Inventory read_inventory(vimclient::Vsphere& vsphere, const config::Config& config,
                         const config::Layer& options, const Clock& clock);

}  // namespace vmrotate::cli
