// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "soap/session.hpp"

/// Listings of VMs. To be used within Session::read.
namespace vimclient::wire {

constexpr int vms_page = 100;  ///< whole VMs per reply, at most

/// Every VM of the inventory.
std::vector<VmRef> list_names(const Session& session, Line& line);

/// Where each of them stands.
std::vector<Standing> list_standings(const Session& session, Line& line);

/// Every VM that stands directly in this folder. Throws Fault where it changes so fast that
/// no listing is complete.
std::vector<Vm> list_folder(const Session& session, Line& line, const std::string& folder_id);

}  // namespace vimclient::wire
