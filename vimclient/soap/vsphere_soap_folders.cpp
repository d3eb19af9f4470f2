// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "soap/folders.hpp"
#include "soap/names.hpp"
#include "soap/naming.hpp"
#include "soap/values.hpp"
#include "soap/vsphere_soap.hpp"

namespace vimclient::wire {

std::string VsphereSoap::make_folder(const std::string& parent_id, const std::string& name)
{
    const Call call{"CreateFolder", parent_id};
    std::string id;
    try {
        session_.change([&](Line& line) {
            Arena arena;
            auto* self = arena.reference("Folder", parent_id);
            vim25__CreateFolderResponse reply;
            line.context.call(call, [&](::soap* s, const char* url, const char* action) {
                return soap_call_vim25__CreateFolder(s, url, action, self, escaped_name(name),
                                                     reply);
            });
            id = id_of(reply.returnval);
        });
    } catch (const ServerFault& fault) {
        throw named(session_, fault);
    }
    if (id.empty())
        throw OutcomeUnknown(
            Fault::Kind::unreachable,
            fmt::format("incomplete reply to {}; it may have been done", call.method));
    return id;
}

Folder VsphereSoap::create_folder(const std::string& datacenter_id, const std::string& path)
{
    const FolderTree tree = session_.reading<FolderTree>(
        [&](Line& line) { return FolderTree::read(session_, line, datacenter_id); });
    std::string id = tree.root();
    std::string made_path;
    for (const std::string& name : split_path(path)) {
        std::string next = tree.child(id, name);
        try {
            if (next.empty())
                next = make_folder(id, name);
        } catch (const ServerFault& fault) {  // somebody was faster
            if (fault.kind() != Fault::Kind::duplicate_name || fault.object().empty())
                throw;
            next = fault.object();
        }
        id = next;
        if (!made_path.empty())
            made_path += '/';
        made_path += path_segment(escaped_name(name));
    }
    return {id, made_path};
}

void VsphereSoap::move_into_folder(const VmRef& vm, const std::string& folder_id)
{
    const Call call{"MoveIntoFolder_Task", vm.id};
    const Start start_call = [&](Line& line) {
        Arena arena;
        auto* self = arena.reference("Folder", folder_id);
        const std::vector list{arena.reference("VirtualMachine", vm.id)};
        vim25__MoveIntoFolder_USCORETaskResponse reply;
        line.context.call(call, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__MoveIntoFolder_USCORETask(s, url, action, self, list, reply);
        });
        return id_of(reply.returnval);
    };
    run(call, start_call, {.what = fmt::format("{} of '{}'", call.method, vm.id)});
}

}  // namespace vimclient::wire
