// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/folders.hpp"

#include <fmt/format.h>

#include "soap/names.hpp"
#include "soap/properties.hpp"
#include "soap/readers.hpp"

namespace vimclient::wire {

FolderTree FolderTree::read(const Session& session, Line& line, const std::string& datacenter_id)
{
    const Query query{.root_type = "Datacenter",
                      .roots = {datacenter_id},
                      .steps = {{"root", "Datacenter", "vmFolder", {"children"}},
                                {"children", "Folder", "childEntity", {"children"}}},
                      .wanted = {{"Datacenter", {"vmFolder"}}, {"Folder", {"name", "parent"}}}};
    FolderTree tree;
    retrieve(session, line, query, [&](const Object& object) { tree.add(object); });
    if (tree.root_.empty())
        throw ServerFault(Fault::Kind::not_found,
                          fmt::format("there is no datacenter '{}'", datacenter_id),
                          "ManagedObjectNotFound", datacenter_id);
    return tree;
}

void FolderTree::add(const Object& object)
{
    const bool is_folder = object.type() == "Folder";
    if (!is_folder && object.type() != "Datacenter")
        return;
    object.demand_complete();
    if (object.find("vmFolder"))
        root_ = object.reference("vmFolder");
    if (is_folder && object.find("name"))
        nodes_[object.id()] = {object.reference("parent"), object.text("name")};
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

Query PlaceReader::query() const
{
    return {.root_type = "VirtualMachine",
            .roots = {vm_id_},
            .steps = {{"up", "ManagedEntity", "parent", {"up"}},
                      {"app", "VirtualMachine", "parentVApp", {"up", "folder"}},
                      {"folder", "VirtualApp", "parentFolder", {"up"}}},
            .wanted = {{"ManagedEntity", {"name", "parent"}},
                       {"VirtualMachine", {"parentVApp"}},
                       {"VirtualApp", {"parentFolder"}}}};
}

Query PlaceReader::query_of_start() const
{
    return {.root_type = "VirtualMachine",
            .roots = {vm_id_},
            .steps = {},
            .wanted = {{"VirtualMachine", {"parentVApp"}}}};
}

// It meets every VM of the datacenter: no property of VMs may be wanted.
Query PlaceReader::query_of_surroundings() const
{
    return {.root_type = "VirtualMachine",
            .roots = {vm_id_},
            .steps = {{"up", "ManagedEntity", "parent", {"up", "stores", "vms"}},
                      {"app", "VirtualMachine", "parentVApp", {"up", "folder"}},
                      {"folder", "VirtualApp", "parentFolder", {"up", "stores", "vms"}},
                      {"stores", "Datacenter", "datastore"},
                      {"vms", "Datacenter", "vmFolder", {"children"}},
                      {"children", "Folder", "childEntity", {"children"}}},
            .wanted = {{"VirtualApp", {"name", "parent", "parentFolder"}},
                       {"Folder", {"name", "parent"}},
                       {"Datacenter", {"name", "parent", "vmFolder"}},
                       DatastoreReader::wanted()}};
}

void PlaceReader::add(const Object& object)
{
    object.demand_complete();
    if (object.id() != vm_id_ && !object.find("name") && !object.find("parent"))
        return;
    Entity& entity = entities_[object.id()];
    entity.type = object.type();
    if (object.find("name"))
        entity.stored_name = object.text("name");
    for (const char* path : {"parentFolder", "parent", "parentVApp"}) {  // the first of a vApp
        if (entity.parent.empty())
            entity.parent = object.reference(path);
    }
}

Place PlaceReader::take(const std::string& root_folder)
{
    if (!entities_.contains(vm_id_))
        throw ServerFault(Fault::Kind::not_found, fmt::format("there is no VM '{}'", vm_id_),
                          "ManagedObjectNotFound", vm_id_);
    Place place;
    std::string id = vm_id_;
    while (id != root_folder && entities_.contains(id)) {
        const Entity entity = entities_[id];
        entities_.erase(id);
        place.path = fmt::format("/{}{}", path_segment(entity.stored_name), place.path);
        if (entity.type == "Datacenter") {
            place.datacenter_id = id;
            place.datacenter = display_name(entity.stored_name);
        }
        id = entity.parent;
    }
    return place;
}

Place read_place(const Session& session, Line& line, const std::string& vm_id)
{
    PlaceReader reader(vm_id);
    retrieve(session, line, reader.query(), [&](const Object& object) { reader.add(object); });
    return reader.take(session.services().root_folder);
}

}  // namespace vimclient::wire
