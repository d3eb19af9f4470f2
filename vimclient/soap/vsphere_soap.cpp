// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/vsphere_soap.hpp"

#include <fmt/format.h>

#include "soap/folders.hpp"
#include "soap/listing.hpp"
#include "soap/readers.hpp"
#include "soap/values.hpp"

namespace vimclient::wire {

VsphereSoap::VsphereSoap(const Endpoint& endpoint, const Trust& trust, const Logon& logon,
                         const Patience& patience, const std::string& user_agent,
                         std::stop_token stop)
    : session_(endpoint, trust, logon, patience, user_agent, std::move(stop))
{
}

Time VsphereSoap::now()
{
    return session_.reading<Time>([](Line& line) {
        Arena arena;
        vim25__CurrentTimeResponse reply;
        auto* self = arena.reference("ServiceInstance", "ServiceInstance");
        line.context.call({"CurrentTime"}, [&](::soap* s, const char* url, const char* action) {
            return soap_call_vim25__CurrentTime(s, url, action, self, reply);
        });
        const auto time = parse_time(reply.returnval);
        return *require(time ? &time : nullptr, "CurrentTime");
    });
}

std::vector<VmRef> VsphereSoap::vm_names()
{
    return session_.reading<std::vector<VmRef>>(
        [this](Line& line) { return list_names(session_, line); });
}

std::vector<Vm> VsphereSoap::read_vms(const std::vector<VmRef>& vms)
{
    if (vms.empty())
        return {};
    Query query = query_of_vms(vms);
    auto found = session_.reading<std::map<std::string, Vm>>([&](Line& line) {
        for (;;) {
            try {
                VmReader reader;
                retrieve(session_, line, query, [&](const Object& o) { reader.add(o); });
                return reader.take();
            } catch (const ServerFault& fault) {  // some servers do not leave out what is gone
                if (fault.type() != "ManagedObjectNotFound" ||
                    std::erase(query.roots, fault.object()) == 0)
                    throw;
                if (query.roots.empty())
                    return std::map<std::string, Vm>{};
            }
        }
    });
    std::vector<Vm> ordered;
    for (const VmRef& vm : vms) {
        if (const auto position = found.find(vm.id); position != found.end())
            ordered.push_back(position->second);
    }
    return ordered;
}

std::vector<Standing> VsphereSoap::standings()
{
    return session_.reading<std::vector<Standing>>(
        [&](Line& line) { return list_standings(session_, line); });
}

std::vector<Vm> VsphereSoap::vms_in(const std::string& folder_id)
{
    return session_.reading<std::vector<Vm>>(
        [&](Line& line) { return list_folder(session_, line, folder_id); });
}

Place VsphereSoap::place_of(const VmRef& vm)
{
    return session_.reading<Place>([&](Line& line) { return read_place(session_, line, vm.id); });
}

std::vector<Datastore> VsphereSoap::datastores_of(const std::string& datacenter_id)
{
    const Query query{.root_type = "Datacenter",
                      .roots = {datacenter_id},
                      .steps = {{"datastores", "Datacenter", "datastore"}},
                      .wanted = {DatastoreReader::wanted()}};
    return session_.reading<std::vector<Datastore>>([&](Line& line) {
        DatastoreReader reader;
        retrieve(session_, line, query, [&](const Object& object) {
            object.demand_complete();
            reader.add(object);
        });
        return reader.datastores;
    });
}

std::vector<Folder> VsphereSoap::folders_of(const std::string& datacenter_id)
{
    return session_.reading<std::vector<Folder>>(
        [&](Line& line) { return FolderTree::read(session_, line, datacenter_id).all(); });
}

std::vector<Host> VsphereSoap::read_hosts(const std::vector<std::string>& ids)
{
    if (ids.empty())
        return {};
    return session_.reading<std::vector<Host>>([&](Line& line) {
        HostReader reader(ids);
        retrieve(session_, line, reader.query(), [&](const Object& object) { reader.add(object); });
        return reader.take();
    });
}

std::vector<Disk> VsphereSoap::disks_of(const SnapshotRef& snapshot)
{
    return session_.reading<std::vector<Disk>>([&](Line& line) {
        SnapshotReader reader(snapshot.id);
        retrieve(session_, line, reader.query(), [&](const Object& object) { reader.add(object); });
        if (!reader.disks)
            throw ServerFault(Fault::Kind::not_found,
                              fmt::format("there is no snapshot '{}'", snapshot.id),
                              "ManagedObjectNotFound", snapshot.id);
        return *reader.disks;
    });
}

std::vector<DiskUse> VsphereSoap::disk_uses(const std::string& datastore_id)
{
    return session_.reading<std::vector<DiskUse>>([&](Line& line) {
        UseReader reader(datastore_id);
        retrieve(session_, line, reader.query(), [&](const Object& object) { reader.add(object); });
        return reader.take();
    });
}

}  // namespace vimclient::wire
