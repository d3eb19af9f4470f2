// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "soap/properties.hpp"

/// The properties of VMs and tasks -> Vm and Task.
namespace vimclient::wire {

Wanted wanted_of_vm();
Wanted wanted_of_task();

/// From a VM to its recent tasks.
Step recent_tasks();

/// Collects the VMs and the tasks of a reply, in whatever order they come.
class VmReader {
public:
    /// Throws where a VM could not be read as a whole. Other objects are ignored, and what
    /// another query of the same call asked of a VM.
    void add(const Object& object);

    /// All VMs, by id, each with its tasks.
    std::map<std::string, Vm> take();

private:
    std::map<std::string, Vm> vms_;
    std::map<std::string, Task> tasks_;
    std::map<std::string, std::vector<std::string>> recent_;  // VM -> its tasks
};

}  // namespace vimclient::wire
