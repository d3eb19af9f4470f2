// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/naming.hpp"
#include "soap/properties.hpp"
#include "soap/vsphere_soap.hpp"

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

void VsphereSoap::set_value(const VmRef& vm, const std::string& name, const std::string& value)
{
    change_and_name([&](Line& line) {
        Arena arena;
        auto* self = arena.reference("VirtualMachine", vm.id);
        vim25__setCustomValueResponse reply;
        line.context.call(
            {"setCustomValue", vm.id}, [&](::soap* s, const char* url, const char* action) {
                return soap_call_vim25__setCustomValue(s, url, action, self, name, value, reply);
            });
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

void VsphereSoap::set_attribute(const VmRef& vm, const std::string& name, const std::string& value)
{
    if (session_.services().custom_fields_manager.empty())
        throw Fault(Fault::Kind::unsupported, "the server has no custom attributes");
    try {
        return set_value(vm, name, value);
    } catch (const OutcomeUnknown&) {
        throw;
    } catch (const ServerFault& fault) {  // one that is not defined is an invalid argument
        if (fault.kind() != Fault::Kind::refused && fault.kind() != Fault::Kind::not_found)
            throw;
    }
    try {
        define_attribute(name);
    } catch (const ServerFault& fault) {  // somebody was faster
        if (fault.kind() != Fault::Kind::duplicate_name)
            throw;
    }
    set_value(vm, name, value);
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
