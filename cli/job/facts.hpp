// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "rotation/set.hpp"
#include "vsphere.hpp"

/// From what the port tells to what the pure rules look at.
namespace vmrotate::job {

rotation::VmFacts facts_of(const vimclient::Vm& vm);

std::vector<rotation::VmFacts> facts_of(const std::vector<vimclient::Vm>& vms);

/// What the mark and the verification compare.
std::vector<rotation::DiskSize> sizes_of(const std::vector<vimclient::Disk>& disks);

/// It runs, or waits to run.
bool is_running(const vimclient::Task& task);

/// The datastores of its disks, each once, in order of their ids.
std::vector<std::string> datastores_of(const vimclient::Vm& vm);

/// The tasks that still run or wait to run.
std::vector<vimclient::Task> running_tasks(const vimclient::Vm& vm);

}  // namespace vmrotate::job
