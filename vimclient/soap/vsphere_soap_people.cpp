// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/naming.hpp"
#include "soap/properties.hpp"
#include "soap/vsphere_soap.hpp"
#include "soap/whole.hpp"

// What people see beside a VM in the vSphere Client, and what the guest tells of itself.
namespace vimclient::wire {

std::string VsphereSoap::guest_address(const VmRef& vm)
{
    const Query query{.root_type = "VirtualMachine",
                      .roots = {vm.id},
                      .steps = {},
                      .wanted = {{"VirtualMachine", {"guest.ipAddress"}}}};
    return session_.reading<std::string>([&](Line& line) {
        std::string address;
        retrieve(session_, line, query,
                 [&](const Object& object) { address = object.text("guest.ipAddress"); });
        return address;
    });
}

void VsphereSoap::change_and_name(const std::function<void(Line&)>& work)
{
    try {
        session_.change(work);
    } catch (const ServerFault& fault) {
        throw named(session_, fault);
    }
}

std::string VsphereSoap::attribute_key(const std::string& name)
{
    const std::string& manager = session_.services().custom_fields_manager;
    const Query query{.root_type = "CustomFieldsManager",
                      .roots = {manager},
                      .steps = {},
                      .wanted = {{"CustomFieldsManager", {"field"}}}};
    return session_.reading<std::string>([&](Line& line) {
        std::string key;
        retrieve(session_, line, query, [&](const Object& object) {
            object.demand_complete();
            if (const auto* all = object.as<vim25__ArrayOfCustomFieldDef>("field"))
                for (const vim25__CustomFieldDef* field : whole(all->CustomFieldDef))
                    if (field->name == name)
                        key = field->key;
        });
        return key;
    });
}

void VsphereSoap::define_attribute(const std::string& name)
{
    const std::string& manager = session_.services().custom_fields_manager;
    change_and_name([&](Line& line) {
        Arena arena;
        auto* self = arena.reference("CustomFieldsManager", manager);
        std::string* type = arena.text("VirtualMachine");
        vim25__AddCustomFieldDefResponse reply;
        line.context.call(
            {"AddCustomFieldDef", manager}, [&](::soap* s, const char* url, const char* action) {
                return soap_call_vim25__AddCustomFieldDef(s, url, action, self, name, type, reply);
            });
    });
}

// the key is read once more after the definition: somebody may have been faster
void VsphereSoap::set_attribute(const VmRef& vm, const std::string& name, const std::string& value)
{
    const std::string& manager = session_.services().custom_fields_manager;
    if (manager.empty())
        throw Fault(Fault::Kind::unsupported, "the server has no custom attributes");
    std::string key = attribute_key(name);
    if (key.empty()) {
        try {
            define_attribute(name);
        } catch (const ServerFault& fault) {
            if (fault.kind() != Fault::Kind::duplicate_name)
                throw;
        }
        key = attribute_key(name);
    }
    change_and_name([&](Line& line) {
        Arena arena;
        auto* self = arena.reference("CustomFieldsManager", manager);
        auto* entity = arena.reference("VirtualMachine", vm.id);
        vim25__SetFieldResponse reply;
        line.context.call({"SetField", vm.id}, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__SetField(s, url, action, self, entity, key, value, reply);
        });
    });
}

void VsphereSoap::log_event(const VmRef& vm, const std::string& text)
{
    const std::string& manager = session_.services().event_manager;
    if (manager.empty())
        throw Fault(Fault::Kind::unsupported, "the server has no event log");
    change_and_name([&](Line& line) {
        Arena arena;
        auto* self = arena.reference("EventManager", manager);
        auto* entity = arena.reference("VirtualMachine", vm.id);
        vim25__LogUserEventResponse reply;
        line.context.call(
            {"LogUserEvent", vm.id}, [&](::soap* s, const char* url, const char* action) {
                return soap_call_vim25__LogUserEvent(s, url, action, self, entity, text, reply);
            });
    });
}

}  // namespace vimclient::wire
