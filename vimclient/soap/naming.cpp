// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/naming.hpp"

#include <fmt/format.h>

#include "soap/names.hpp"
#include "soap/properties.hpp"

namespace vimclient::wire {

namespace {

std::string word_for(const std::string& type)
{
    if (type == "VirtualMachine")
        return "VM";
    if (type == "Folder" || type == "Datastore" || type == "Datacenter" || type == "Network")
        return std::string(1, static_cast<char>(type.front() | 0x20)) + type.substr(1);
    return type == "ResourcePool" ? "resource pool" : type;
}

// a snapshot is called after its VM
std::string read_name(Session& session, const ServerFault& fault)
{
    const bool is_snapshot = fault.object_type() == "VirtualMachineSnapshot";
    Query query{.root_type = fault.object_type(),
                .roots = {fault.object()},
                .steps = {},
                .wanted = {{is_snapshot ? "VirtualMachine" : fault.object_type(), {"name"}}}};
    if (is_snapshot)
        query.steps = {{"vm", "VirtualMachineSnapshot", "vm"}};
    return session.reading<std::string>([&](Line& line) {
        std::string name;
        retrieve(session, line, query,
                 [&](const Object& object) { name = display_name(object.text("name")); });
        return name;
    });
}

}  // namespace

ServerFault named(Session& session, const ServerFault& fault)
{
    const std::string id = " on " + fault.object() + " ";
    std::string text = fault.what();
    const auto at = text.rfind(id);
    if (fault.kind() != Fault::Kind::privilege || fault.object_type().empty() ||
        at == std::string::npos)
        return fault;
    try {
        const std::string name = read_name(session, fault);
        if (name.empty())
            return fault;
        text.replace(at, id.size(),
                     fmt::format(" on the {} '{}' ({}) ", word_for(fault.object_type()), name,
                                 fault.object()));
        return {fault.kind(), text, fault.type(), fault.object(), fault.object_type()};
    } catch (const std::exception&) {  // then it is called by its id
        return fault;
    }
}

}  // namespace vimclient::wire
