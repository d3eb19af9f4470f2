// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>

#include <doctest/doctest.h>

#include "clone_bench.hpp"

using namespace vimclient;
using namespace std::chrono_literals;
using contract::Bench;
using contract::Scene;
using contract::ServerUnderTest;

namespace {

bool is_now(Vsphere& vsphere, const std::optional<Time>& time)
{
    return time && std::chrono::abs(vsphere.now() - *time) < 5min;
}

// answers the client's reads of tasks as if there were none
void forget_tasks(const Bench& bench)
{
    bench.server.order({{"action", "restart"}, {"downMs", 0}});
}

VmRef ref_of(Vsphere& vsphere, const std::string& name)
{
    for (const VmRef& vm : vsphere.vm_names()) {
        if (vm.name == name)
            return vm;
    }
    return {};
}

template <class Test>
bool comes_true(const Test& test, std::chrono::seconds within)
{
    const auto end = std::chrono::steady_clock::now() + within;
    while (!test()) {
        if (std::chrono::steady_clock::now() > end)
            return false;
        std::this_thread::sleep_for(20ms);
    }
    return true;
}

}  // namespace

TEST_CASE("upstream proves a copy, and not what is no copy")
{
    const ServerUnderTest server = ServerUnderTest::upstream();
    const auto vsphere = server.login();
    const Scene scene = contract::set_scene(*vsphere, "DC0_H0_VM0");
    const SnapshotRef snapshot = vsphere->create_snapshot(scene.source, {"s", "d"});
    const VmRef copy = vsphere->clone(
        scene.source, snapshot, contract::clone_wish(*vsphere, scene, snapshot, "zz_a-01"), {}, {});
    CHECK(is_now(*vsphere, vsphere->copied_at(scene.source, copy)));
    CHECK(is_now(*vsphere, vsphere->copied_at({"vm-4711", "gone"}, copy)));  // by the event alone
    CHECK(!vsphere->copied_at(copy, scene.source));
    CHECK(!vsphere->copied_at(scene.source, scene.source));
}

TEST_CASE("a copy is proven by its task, and by its event once the task is forgotten")
{
    const Bench bench;
    const VmRef copy = bench.clone();
    const std::size_t queries = bench.server.count("QueryEvents");
    const auto by_task = bench.vsphere->copied_at(bench.scene.source, copy);
    CHECK(bench.server.count("QueryEvents") == queries);
    CHECK(is_now(*bench.vsphere, by_task));
    forget_tasks(bench);
    const auto by_event = bench.vsphere->copied_at(bench.scene.source, copy);
    CHECK(bench.server.count("QueryEvents") == queries + 1);
    CHECK(is_now(*bench.vsphere, by_event));
    CHECK(!bench.vsphere->copied_at(copy, bench.scene.source));
}

TEST_CASE("a copy under way, or half made for ever, has no proof, however whole it looks")
{
    for (const std::string copies : {"goOn", "half", "lost"}) {
        CAPTURE(copies);
        const Bench bench(nlohmann::json{{"copyMs", 60000}});
        std::optional<Time> under_way;
        bool asked = false;
        const auto cut = contract::later(0ms, [&] {
            const auto vsphere = bench.server.login();
            VmRef half_made;
            comes_true([&] { return !(half_made = ref_of(*vsphere, "zz_a-01")).id.empty(); }, 30s);
            under_way = vsphere->copied_at(bench.scene.source, half_made);
            asked = true;
            bench.server.order({{"action", "restart"},
                                {"downMs", 500},
                                {"copies", copies},
                                {"fullSize", copies == "half"}});
        });
        CHECK_THROWS_AS(bench.clone(), OutcomeUnknown);
        CHECK(asked);
        CHECK(!under_way);
        const VmRef copy = ref_of(*bench.vsphere, "zz_a-01");
        CHECK(copy.id.empty() == (copies == "lost"));
        if (copy.id.empty())
            continue;
        CHECK(!bench.vsphere->copied_at(bench.scene.source, copy));
        bench.server.order({{"action", "speed"}, {"copyMs", 1}});
        const auto is_proven = [&] {
            return bench.vsphere->copied_at(bench.scene.source, copy).has_value();
        };
        CHECK(comes_true(is_proven, copies == "goOn" ? 30s : 2s) == (copies == "goOn"));
    }
}

TEST_CASE("events that are denied are a fault, and those of a VM that is gone are none")
{
    const Bench bench;
    const VmRef copy = bench.clone();
    forget_tasks(bench);
    bench.rule("QueryEvents", "fault", {{"fault", "NoPermission"}});
    CHECK_THROWS_AS(bench.vsphere->copied_at(bench.scene.source, copy), Fault);
    CHECK(bench.hits() == 1);
    bench.vsphere->destroy(copy);
    CHECK_NOTHROW(bench.vsphere->copied_at(bench.scene.source, copy));
}

TEST_CASE("a VM moves into a folder, and not onto a name that is taken there")
{
    const Bench bench;
    const VmRef copy = bench.clone();
    const Folder other =
        bench.vsphere->create_folder(bench.scene.place.datacenter_id, "backup/weekly");
    bench.vsphere->move_into_folder(copy, other.id);
    CHECK(bench.copies().empty());
    REQUIRE(bench.vsphere->vms_in(other.id).size() == 1);
    CHECK(bench.vsphere->vms_in(other.id).at(0).ref == copy);

    const VmRef second = bench.clone();
    try {
        bench.vsphere->move_into_folder(second, other.id);
        FAIL_CHECK("two of one name");
    } catch (const Fault& fault) {
        CHECK(fault.kind() == Fault::Kind::duplicate_name);
    }
    bench.rule("MoveIntoFolder_Task", "dropReply");
    CHECK_THROWS_AS(bench.vsphere->move_into_folder(copy, bench.scene.folder.id), OutcomeUnknown);
    CHECK(bench.server.count("MoveIntoFolder_Task") == 3);
}
