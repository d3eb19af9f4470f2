// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/standing_reader.hpp"

#include <utility>

#include <fmt/format.h>

#include "soap/names.hpp"
#include "soap/whole.hpp"

namespace vimclient::wire {

StandingReader::StandingReader(std::map<std::string, std::string> attributes)
    : attributes_(std::move(attributes))
{
}

std::map<std::string, std::string> StandingReader::attributes_of(const Object& object) const
{
    std::map<std::string, std::string> result;
    const auto* values = object.as<vim25__ArrayOfCustomFieldValue>("customValue");
    if (!values)
        return result;
    for (const vim25__CustomFieldValue* each : whole(values->CustomFieldValue)) {
        const auto* text = dynamic_cast<const vim25__CustomFieldStringValue*>(each);
        const auto name = attributes_.find(each->key);
        if (text && name != attributes_.end() && !text->value.empty())
            result[name->second] = text->value;
    }
    return result;
}

void StandingReader::add(const Object& object)
{
    const std::string type = object.type();
    if (type == "Datacenter") {
        datacenters_[object.reference("vmFolder")] = object.id();
    } else if (type == "Folder") {
        folders_[object.id()] = {object.reference("parent"), object.text("name")};
    } else if (type == "VirtualMachine") {
        Standing standing;
        standing.ref = {object.id(), display_name(object.text("name"))};
        standing.is_template = object.flag("config.template");
        standing.host_id = object.reference("runtime.host");
        standing.datastore_ids = object.references("datastore");
        standing.attributes = attributes_of(object);
        vms_.push_back(
            {std::move(standing), object.reference("parent"), object.reference("resourcePool")});
    } else {
        pools_[object.id()] = {object.reference("parent"), object.text("name")};
    }
}

// its parent is a cluster or a host, and not a pool
bool StandingReader::is_root_pool(const std::string& id) const
{
    const auto pool = pools_.find(id);
    return pool != pools_.end() && !pools_.contains(pool->second.parent);
}

StandingReader::Way StandingReader::way_to(const std::map<std::string, Node>& nodes, std::string id,
                                           bool (StandingReader::*is_root)(const std::string& id)
                                               const) const
{
    std::string path;
    for (std::size_t steps = 0; steps <= nodes.size(); ++steps) {
        if ((this->*is_root)(id))
            return {id, path};
        const auto node = nodes.find(id);
        if (node == nodes.end())
            break;
        const std::string name = path_segment(node->second.stored_name);
        path = path.empty() ? name : fmt::format("{}/{}", name, path);
        id = node->second.parent;
    }
    return {};
}

std::vector<Standing> StandingReader::take()
{
    std::map<std::string, Way> known;
    const auto way = [&](const auto& nodes, const std::string& id, auto is_root) {
        const auto found = known.find(id);
        return found != known.end() ? found->second : known[id] = way_to(nodes, id, is_root);
    };
    std::vector<Standing> standings;
    for (Vm& vm : vms_) {
        const Way folder = way(folders_, vm.folder_id, &StandingReader::is_vm_folder);
        if (!folder.root.empty())
            vm.standing.datacenter_id = datacenters_.at(folder.root);
        vm.standing.folder = folder.path;
        vm.standing.pool = way(pools_, vm.pool_id, &StandingReader::is_root_pool).path;
        standings.push_back(std::move(vm.standing));
    }
    return standings;
}

}  // namespace vimclient::wire
