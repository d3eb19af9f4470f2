// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>

#include <doctest/doctest.h>

#include "clone_bench.hpp"

using namespace vimclient;
using namespace std::chrono_literals;
using contract::Bench;
using contract::ServerUnderTest;

namespace {

struct Spoilt {
    std::string name;
    std::string action;
    nlohmann::json more;
};

// executed, and answered with something else
const Spoilt spoilt[] = {
    {"overlong", "overlong", {{"moment", "executed"}, {"bytes", 40 << 20}}},
    {"deep", "deep", {{"moment", "executed"}}},
    {"packed", "gzip", {{"moment", "executed"}, {"bytes", 40 << 20}}},
    {"another envelope", "envelope", {{"moment", "executed"}}},
    {"SOAP 1.2", "envelope", {{"moment", "executed"}, {"kind", "soap12"}}},
    {"a document type", "garbage", {{"moment", "executed"}, {"kind", "doctype"}}},
    {"control bytes", "garbage", {{"moment", "executed"}, {"kind", "control"}}},
    {"empty", "empty", {{"moment", "executed"}}},
    {"a web page", "html", {{"moment", "executed"}}},
    {"503", "status", {{"moment", "executed"}}},
    {"cut in the headers", "truncate", {{"cutHeaders", true}, {"cut", 20}}},
    {"cut at the last byte", "truncate", {{"cut", -1}}},
    {"reset", "dropReply", {{"reset", true}}},
};

}  // namespace

TEST_CASE("an answer that is none: a read is asked again, a change is unknown and never repeated")
{
    const Bench bench;
    for (const Spoilt& row : spoilt) {
        CAPTURE(row.name);
        bench.server.order({{"action", "clear_rules"}});
        bench.rule("RetrievePropertiesEx", row.action, row.more);
        CHECK(bench.vsphere->read_vms({bench.scene.source}).size() == 1);
        CHECK(bench.hits() == 1);

        const std::size_t before = bench.server.count("ReconfigVM_Task");
        bench.rule("ReconfigVM_Task", row.action, row.more);
        CHECK_THROWS_AS(
            bench.vsphere->reconfigure(
                bench.scene.source, {.mark = {}, .annotation = row.name, .disconnect_nics = false}),
            OutcomeUnknown);
        CHECK(bench.hits() == 2);
        CHECK(bench.server.count("ReconfigVM_Task") == before + 1);
    }
}

TEST_CASE("an answer that is none, for ever: the read fails, and nothing is made of it")
{
    Patience patience = ServerUnderTest::patience();
    patience.retry_for = 3s;
    const Bench bench(nlohmann::json::object(), patience);
    for (const Spoilt& row : spoilt) {
        CAPTURE(row.name);
        bench.server.order({{"action", "clear_rules"}});
        nlohmann::json more = row.more;
        more["count"] = -1;
        bench.rule("RetrievePropertiesEx", row.action, more);
        CHECK_THROWS_AS(bench.copies(), Fault);
        CHECK(bench.hits() > 0);
    }
}

TEST_CASE("a trickle of bytes that is too slow is given up, one that is in time is read")
{
    Patience patience = ServerUnderTest::patience();
    patience.reply = 3s;
    patience.retry_for = 2s;
    const Bench bench(nlohmann::json::object(), patience);
    bench.rule("CurrentTime", "trickle", {{"delayMs", 1}});
    CHECK_NOTHROW(bench.vsphere->now());
    bench.rule("RetrievePropertiesEx", "trickle", {{"delayMs", 200}, {"count", -1}});
    CHECK_THROWS_AS(bench.copies(), Fault);
    CHECK(bench.hits() > 1);
}

TEST_CASE("a request that arrives twice: one copy, one snapshot's removal")
{
    const Bench bench;
    bench.rule("CloneVM_Task", "twice");
    CHECK(!bench.clone().id.empty());
    CHECK(bench.copies().size() == 1);
    bench.rule("RemoveSnapshot_Task", "twice");
    const auto removal = bench.vsphere->begin_remove_snapshot(bench.snapshot);
    REQUIRE(removal);
    CHECK_NOTHROW(bench.vsphere->wait(*removal, {}));
    CHECK(bench.vsphere->read_vms({bench.scene.source}).at(0).snapshots.empty());
    CHECK(bench.hits() == 2);
}

TEST_CASE("values of a wrong type are not told, or a fault, but never a false fact")
{
    const Bench bench;
    const Vm truth = bench.vsphere->read_vms({bench.scene.source}).at(0);
    bench.rule("RetrievePropertiesEx", "wrongType");
    try {
        for (const Vm& vm : bench.vsphere->read_vms({bench.scene.source})) {
            CHECK((!vm.readable || vm.instance_uuid == truth.instance_uuid));
            CHECK((!vm.readable || vm.disks == truth.disks));
            CHECK((!vm.readable || vm.snapshots.size() == truth.snapshots.size()));
        }
    } catch (const Fault&) {  // fine as well
    }
    CHECK(bench.hits() == 1);
}

TEST_CASE("a session that ends with any call of a copy costs a logon, and never a second copy")
{
    for (const std::string method : {"CloneVM_Task", "CreateFilter", "WaitForUpdatesEx"}) {
        CAPTURE(method);
        const Bench bench(nlohmann::json{{"copyMs", 1500}});
        bench.rule(method, "endSession");
        const VmRef copy = bench.clone();
        CHECK(bench.hits() == 1);
        REQUIRE(bench.copies().size() == 1);
        CHECK(bench.copies().at(0).ref == copy);
    }
}

TEST_CASE("a page of an inventory that is none: nothing is taken for the whole")
{
    for (const Spoilt& row : spoilt) {
        CAPTURE(row.name);
        const Bench bench(nlohmann::json{{"pageSize", 2}, {"bulk", 5}});
        const std::size_t all = bench.vsphere->vm_names().size();
        bench.rule("ContinueRetrievePropertiesEx", row.action, row.more);
        CHECK(bench.vsphere->vm_names().size() == all);
        CHECK(bench.hits() == 1);
    }
}
