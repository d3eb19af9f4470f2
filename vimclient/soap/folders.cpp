// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/folders.hpp"

#include <fmt/format.h>

#include "soap/names.hpp"
#include "soap/properties.hpp"

namespace vimclient::wire {

FolderTree FolderTree::read(const Session& session, Line& line, const std::string& datacenter_id)
{
    const Query query{.root_type = "Datacenter",
                      .roots = {datacenter_id},
                      .steps = {{"root", "Datacenter", "vmFolder", {"children"}},
                                {"children", "Folder", "childEntity", {"children"}}},
                      .wanted = {{"Datacenter", {"vmFolder"}}, {"Folder", {"name", "parent"}}}};
    FolderTree tree;
    retrieve(session, line, query, [&](const Object& object) {
        object.demand_complete();
        if (object.type() == "Datacenter")
            tree.root_ = object.reference("vmFolder");
        else if (object.type() == "Folder")
            tree.nodes_[object.id()] = {object.reference("parent"), object.text("name")};
    });
    if (tree.root_.empty())
        throw ServerFault(Fault::Kind::not_found,
                          fmt::format("there is no datacenter '{}'", datacenter_id),
                          "ManagedObjectNotFound", datacenter_id);
    return tree;
}

std::vector<Folder> FolderTree::all() const
{
    std::vector<Folder> folders;
    add_below(root_, {}, folders);
    return folders;
}

void FolderTree::add_below(const std::string& parent, const std::string& path,
                           std::vector<Folder>& folders) const
{
    for (const auto& entry : nodes_) {
        const Node& node = entry.second;
        if (node.parent != parent || entry.first == root_)
            continue;
        const std::string name = path_segment(node.stored_name);
        const std::string own = path.empty() ? name : fmt::format("{}/{}", path, name);
        folders.push_back({entry.first, own});
        add_below(entry.first, own, folders);
    }
}

std::string FolderTree::child(const std::string& parent_id, const std::string& name) const
{
    for (const auto& entry : nodes_) {
        const Node& node = entry.second;
        if (node.parent == parent_id && display_name(node.stored_name) == name)
            return entry.first;
    }
    return {};
}

Place read_place(const Session& session, Line& line, const std::string& vm_id)
{
    struct Entity {
        std::string type, stored_name, parent;
    };
    std::map<std::string, Entity> entities;
    const Query query{.root_type = "VirtualMachine",
                      .roots = {vm_id},
                      .steps = {{"up", "ManagedEntity", "parent", {"up"}},
                                {"app", "VirtualMachine", "parentVApp", {"up", "folder"}},
                                {"folder", "VirtualApp", "parentFolder", {"up"}}},
                      .wanted = {{"ManagedEntity", {"name", "parent"}},
                                 {"VirtualMachine", {"parentVApp"}},
                                 {"VirtualApp", {"parentFolder"}}}};
    retrieve(session, line, query, [&](const Object& object) {
        object.demand_complete();
        std::string parent = object.reference("parentFolder");  // of a vApp
        for (const char* other : {"parent", "parentVApp"}) {
            if (parent.empty())
                parent = object.reference(other);
        }
        entities[object.id()] = {object.type(), object.text("name"), parent};
    });
    if (!entities.contains(vm_id))
        throw ServerFault(Fault::Kind::not_found, fmt::format("there is no VM '{}'", vm_id),
                          "ManagedObjectNotFound", vm_id);
    Place place;
    std::string id = vm_id;
    while (id != session.services().root_folder && entities.contains(id)) {
        const Entity entity = entities[id];
        entities.erase(id);
        place.path = fmt::format("/{}{}", path_segment(entity.stored_name), place.path);
        if (entity.type == "Datacenter") {
            place.datacenter_id = id;
            place.datacenter = display_name(entity.stored_name);
        }
        id = entity.parent;
    }
    return place;
}

}  // namespace vimclient::wire
