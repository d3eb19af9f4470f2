// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "soap/session.hpp"

namespace vimclient::wire {

/// The VM folders of a datacenter.
class FolderTree {
public:
    /// To be used within Session::read.
    static FolderTree read(const Session& session, Line& line, const std::string& datacenter_id);

    const std::string& root() const { return root_; }

    /// Every folder below the root, parents before children.
    std::vector<Folder> all() const;

    /// The id of the child of this name, as people see it; empty where there is none.
    std::string child(const std::string& parent_id, const std::string& name) const;

private:
    struct Node {
        std::string parent, stored_name;
    };

    void add_below(const std::string& parent, const std::string& path,
                   std::vector<Folder>& folders) const;

    std::string root_;
    std::map<std::string, Node> nodes_;
};

/// Where this VM stands: the names from the top of the inventory down to it.
/// To be used within Session::read.
Place read_place(const Session& session, Line& line, const std::string& vm_id);

}  // namespace vimclient::wire
