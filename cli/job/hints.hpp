// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vmrotate::job {

/// What an earlier run knew of a VM. Ids only, so that one reading tells whether all of it is
/// still so; what is not is read anew.
struct Hint {
    std::string vm_id, instance_uuid;
    std::string folder_id;              ///< where its generations stood
    std::vector<std::string> host_ids;  ///< that mounted their datastore

    bool operator==(const Hint&) const = default;
};

/// The hints of one vCenter, by the VM's name. Several threads may call it at once.
class Hints {
public:
    virtual ~Hints() = default;

    virtual std::optional<Hint> find(const std::string& name) const = 0;
    virtual void keep(const std::string& name, const Hint& hint) = 0;
};

}  // namespace vmrotate::job
