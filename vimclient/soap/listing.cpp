// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/listing.hpp"

#include <exception>
#include <map>
#include <set>

#include <fmt/format.h>

#include "soap/names.hpp"
#include "soap/properties.hpp"
#include "soap/readers.hpp"
#include "soap/standing_reader.hpp"
#include "soap/whole.hpp"

namespace vimclient::wire {

namespace {

constexpr int names_page = 2000;
constexpr int listing_attempts = 3;

// lives on the server as long as the object does
class ContainerView {
public:
    ContainerView(const Session& session, Line& line, const std::vector<std::string>& types)
        : line_(line)
    {
        Arena arena;
        auto* manager = arena.reference("ViewManager", session.services().view_manager);
        auto* root = arena.reference("Folder", session.services().root_folder);
        vim25__CreateContainerViewResponse reply;
        line_.context.call({"CreateContainerView"},
                           [&](::soap* s, const char* url, const char* action) {
                               return soap_call_vim25__CreateContainerView(
                                   s, url, action, manager, root, types, true, reply);
                           });
        id_ = require(reply.returnval, "CreateContainerView").__item;
    }
    ~ContainerView()
    {
        if (std::uncaught_exceptions() > 0)
            return;  // it ends with the session
        try {
            Arena arena;
            auto* self = arena.reference("ContainerView", id_);
            vim25__DestroyViewResponse reply;
            line_.context.call({"DestroyView", id_, farewell},
                               [&](::soap* s, const char* url, const char* action) {
                                   return soap_call_vim25__DestroyView(s, url, action, self, reply);
                               });
        } catch (...) {  // likewise
        }
    }
    ContainerView(const ContainerView&) = delete;
    ContainerView& operator=(const ContainerView&) = delete;

    const std::string& id() const { return id_; }

private:
    Line& line_;
    std::string id_;
};

// the VMs of one folder; unset where the folder changed while it was read
std::optional<std::vector<Vm>> list_once(const Session& session, Line& line,
                                         const std::string& folder_id)
{
    FolderReader reader(folder_id);
    retrieve(session, line, reader.query(), [&](const Object& object) { reader.add(object); });
    if (!reader.found())
        throw ServerFault(Fault::Kind::not_found, fmt::format("there is no folder '{}'", folder_id),
                          "ManagedObjectNotFound", folder_id);
    return reader.take();
}

// by their keys
std::map<std::string, std::string> names_of_attributes(const Session& session, Line& line)
{
    const std::string& manager = session.services().custom_fields_manager;
    std::map<std::string, std::string> names;
    if (manager.empty())
        return names;
    const Query query{.root_type = "CustomFieldsManager",
                      .roots = {manager},
                      .steps = {},
                      .wanted = {{"CustomFieldsManager", {"field"}}}};
    retrieve(session, line, query, [&](const Object& object) {
        object.demand_complete();
        if (const auto* fields = object.demand<vim25__ArrayOfCustomFieldDef>("field"))
            for (const vim25__CustomFieldDef* field : whole(fields->CustomFieldDef))
                names[field->key] = field->name;
    });
    return names;
}

}  // namespace

std::vector<VmRef> list_names(const Session& session, Line& line)
{
    const ContainerView view(session, line, {"VirtualMachine"});
    const Query query{.root_type = "ContainerView",
                      .roots = {view.id()},
                      .steps = {{"all", "ContainerView", "view"}},
                      .wanted = {{"VirtualMachine", {"name"}}},
                      .page = names_page};
    std::vector<VmRef> names;
    retrieve(session, line, query, [&](const Object& object) {
        object.demand_complete();
        names.push_back({object.id(), display_name(object.text("name"))});
    });
    return names;
}

std::vector<Standing> list_standings(const Session& session, Line& line)
{
    const ContainerView view(session, line,
                             {"VirtualMachine", "Folder", "Datacenter", "ResourcePool"});
    const Query query{.root_type = "ContainerView",
                      .roots = {view.id()},
                      .steps = {{"all", "ContainerView", "view"}},
                      .wanted = {{"VirtualMachine",
                                  {"name", "parent", "resourcePool", "runtime.host", "datastore",
                                   "config.template", "customValue"}},
                                 {"Folder", {"name", "parent"}},
                                 {"ResourcePool", {"name", "parent"}},
                                 {"Datacenter", {"vmFolder"}}},
                      .page = names_page};
    StandingReader reader(names_of_attributes(session, line));
    retrieve(session, line, query, [&](const Object& object) {
        object.demand_complete();
        reader.add(object);
    });
    return reader.take();
}

std::vector<Vm> list_folder(const Session& session, Line& line, const std::string& folder_id)
{
    for (int attempt = 0; attempt < listing_attempts; ++attempt) {
        if (auto vms = list_once(session, line, folder_id))
            return std::move(*vms);
    }
    throw Fault(Fault::Kind::refused,
                fmt::format("the listing of folder '{}' is not complete", folder_id));
}

}  // namespace vimclient::wire
