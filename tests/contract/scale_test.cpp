// SPDX-License-Identifier: GPL-3.0-or-later
#include <atomic>
#include <set>
#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "server_under_test.hpp"

using namespace vimclient;
using contract::Scene;
using contract::ServerUnderTest;

TEST_CASE("2,500 VMs come in pages, each once")
{
    const auto server = ServerUnderTest::strict({{"bulk", 2500}});
    const auto vsphere = server.login();
    const std::vector<VmRef> names = vsphere->vm_names();
    CHECK(names.size() > 2500);
    std::set<std::string> ids;
    for (const VmRef& vm : names)
        ids.insert(vm.id);
    CHECK(ids.size() == names.size());
    CHECK(server.count("ContinueRetrievePropertiesEx") >= 25);

    const Scene scene = contract::set_scene(*vsphere, "bulk-02500");
    const Vm last = vsphere->read_vms({scene.source}).at(0);
    CHECK(vsphere->vms_in(last.folder_id).size() > 2500);
}

TEST_CASE("six threads run whole flows over one session")
{
    const auto server = ServerUnderTest::strict({{"copyMs", 300}});
    for (int i = 0; i < 6; ++i)
        server.order(
            {{"action", "add_vm"}, {"name", fmt::format("source{}", i)}, {"disks", {{{"gb", 1}}}}});
    const auto vsphere = server.login();
    const std::string datacenter =
        vsphere->place_of(contract::set_scene(*vsphere, "avocado2").source).datacenter_id;
    std::atomic<int> done{0};
    const auto flow = [&](int number) {
        const Scene scene = contract::set_scene(*vsphere, fmt::format("source{}", number));
        for (int round = 0; round < 4; ++round) {
            const SnapshotRef snapshot = vsphere->create_snapshot(scene.source, {"s", "d"});
            const std::string name = fmt::format("zz_{}-{}", number, round);
            const auto wish = contract::clone_wish(*vsphere, scene, snapshot, name);
            const VmRef copy = vsphere->clone(scene.source, snapshot, wish, {}, {});
            const auto removal = vsphere->begin_remove_snapshot(snapshot);
            vsphere->wait(removal.value(), {});
            vsphere->reconfigure(copy, {.mark = {{"vmrotate.self", name}}, .annotation = {}});
            if (vsphere->read_vms({copy}).at(0).mark.at("vmrotate.self") == name)
                ++done;
            vsphere->destroy(copy);
        }
    };
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < 6; ++i) {
            threads.emplace_back([&, i] {
                try {
                    flow(i);
                } catch (const std::exception& problem) {
                    MESSAGE(problem.what());
                }
            });
        }
    }
    CHECK(done == 24);
    CHECK(server.count("Login") == 1);
    vsphere->logout();
    CHECK(server.state().at("sessions") == 0);
}
