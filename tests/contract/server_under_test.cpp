// SPDX-License-Identifier: GPL-3.0-or-later
#include "server_under_test.hpp"

#include <algorithm>
#include <stdexcept>

namespace contract {

using namespace vimclient;

ServerUnderTest::ServerUnderTest(const std::string& variable, const nlohmann::json& configuration)
    : process_(std::make_unique<ServerProcess>(variable, configuration))
{
    trust_.fingerprint = peer_certificate(endpoint(), "", std::chrono::seconds{10}).fingerprint;
}

ServerUnderTest ServerUnderTest::strict(const nlohmann::json& configuration)
{
    ServerUnderTest server("VMROTATE_TEST_VCENTER", configuration);
    server.user_ = "backup@vsphere.local";
    server.password_ = "VMware1!";
    return server;
}

ServerUnderTest ServerUnderTest::upstream()
{
    return {"VMROTATE_TEST_VCSIM", nullptr};
}

Endpoint ServerUnderTest::endpoint() const
{
    return parse_endpoint(ready().at("url").get<std::string>());
}

Patience ServerUnderTest::patience()
{
    return {.connect = std::chrono::seconds{5},
            .reply = std::chrono::seconds{20},
            .retry_for = std::chrono::seconds{10},
            .task_wait = std::chrono::seconds{20},
            .removal = std::chrono::seconds{20}};
}

std::unique_ptr<Vsphere> ServerUnderTest::login(const Patience& patience,
                                                std::stop_token stop) const
{
    return connect(endpoint(), trust_, {user_, password_}, patience, "vmrotate/test",
                   std::move(stop));
}

nlohmann::json ServerUnderTest::order(const nlohmann::json& action) const
{
    return ask(ready().at("control"), "/do", action.dump());
}

std::string ServerUnderTest::log_text() const
{
    return ask(ready().at("control"), "/log?since=0&body=1", "").dump();
}

std::vector<std::string> ServerUnderTest::calls(std::size_t start) const
{
    const nlohmann::json log =
        ask(ready().at("control"), "/log?since=" + std::to_string(start), "");
    std::vector<std::string> methods;
    for (const nlohmann::json& call : log.at("calls"))
        methods.push_back(call.at("method"));
    return methods;
}

std::size_t ServerUnderTest::count(const std::string& method) const
{
    return static_cast<std::size_t>(std::ranges::count(calls(), method));
}

Scene set_scene(Vsphere& vsphere, const std::string& vm_name)
{
    Scene scene;
    for (const VmRef& vm : vsphere.vm_names()) {
        if (vm.name == vm_name)
            scene.source = vm;
    }
    const std::vector<Vm> vms = vsphere.read_vms({scene.source});
    if (vms.empty())
        throw std::runtime_error("there is no VM " + vm_name);
    scene.place = vsphere.place_of(scene.source);
    scene.folder = vsphere.create_folder(scene.place.datacenter_id, "backup/nightly");
    for (const Datastore& datastore : vsphere.datastores_of(scene.place.datacenter_id)) {
        const bool is_mounted = std::ranges::any_of(datastore.hosts, [&](const DatastoreMount& m) {
            return m.host_id == vms.front().host_id && m.writable;
        });
        if (is_mounted && scene.datastore.id.empty())
            scene.datastore = datastore;
    }
    return scene;
}

CloneSpec clone_wish(Vsphere& vsphere, const Scene& scene, const SnapshotRef& snapshot,
                     const std::string& name)
{
    CloneSpec wish{.name = name,
                   .folder_id = scene.folder.id,
                   .datastore_id = scene.datastore.id,
                   .host_id = {},
                   .pool_id = {},
                   .disk_keys = {},
                   .annotation = "a copy",
                   .mark = {{"vmrotate.state", "copying"}, {"vmrotate.self", ""}}};
    for (const Disk& disk : vsphere.disks_of(snapshot))
        wish.disk_keys.push_back(disk.key);
    return wish;
}

}  // namespace contract
