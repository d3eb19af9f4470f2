// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>

#include <doctest/doctest.h>

#include "clone_bench.hpp"

using namespace vimclient;
using namespace std::chrono_literals;
using contract::Bench;
using contract::later;
using Clock = std::chrono::steady_clock;

TEST_CASE("a stop cancels the clone within a second, and nothing is left")
{
    const Bench bench(nlohmann::json{{"copyMs", 60000}});
    std::stop_source stop;
    Clock::time_point asked;
    const auto helper = later(700ms, [&] {
        asked = Clock::now();
        stop.request_stop();
    });
    CHECK_THROWS_AS(bench.clone({}, stop.get_token()), Cancelled);
    CHECK(Clock::now() - asked < 10s);
    CHECK(bench.server.count("CancelTask") == 1);
    CHECK(bench.vsphere->vms_in(bench.scene.folder.id).empty());
}

TEST_CASE("a stop before the clone sends nothing")
{
    const Bench bench(nlohmann::json::object());
    std::stop_source stop;
    stop.request_stop();
    CHECK_THROWS_AS(bench.clone({}, stop.get_token()), Cancelled);
    CHECK(bench.server.count("CloneVM_Task") == 0);
}

TEST_CASE("a clone that may not be cancelled is left to itself at once")
{
    const Bench bench(nlohmann::json{{"copyMs", 60000}});
    bench.server.order({{"action", "deny"}, {"methods", {"CancelTask"}}});
    std::stop_source stop;
    const auto helper = later(500ms, [&] { stop.request_stop(); });
    const Clock::time_point start = Clock::now();
    CHECK_THROWS_AS(bench.clone({}, stop.get_token()), OutcomeUnknown);
    CHECK(Clock::now() - start < 10s);
}

TEST_CASE("a busy VM is waited for, but never before a deletion: the guards are to be asked again")
{
    for (const std::string where : {"task", "call"}) {
        CAPTURE(where);
        const Bench bench(nlohmann::json{{"busyAsFault", where}});
        const Clock::time_point start = Clock::now();
        bench.server.order({{"action", "task"}, {"vm", "avocado2"}, {"ms", 1500}});
        const VmRef copy = bench.clone();
        CHECK(Clock::now() - start > 1s);
        bench.server.order({{"action", "task"}, {"vm", "avocado2"}, {"ms", 1500}});
        const auto removal = bench.vsphere->begin_remove_snapshot(bench.snapshot);
        REQUIRE(removal);
        bench.vsphere->wait(*removal, {});
        CHECK(bench.vsphere->read_vms({bench.scene.source}).at(0).snapshots.empty());
        bench.server.order({{"action", "task"}, {"vm", "zz_a-01"}, {"ms", 60000}});
        CHECK_THROWS_AS(bench.vsphere->destroy(copy), Fault);
        CHECK(bench.vsphere->vms_in(bench.scene.folder.id).size() == 1);
    }
}

TEST_CASE("a lost reply to a change is unknown, and the change is not sent again")
{
    for (const std::string action : {"dropReply", "drop", "truncate", "html", "garbage"}) {
        CAPTURE(action);
        const Bench bench(nlohmann::json::object());
        bench.rule("CloneVM_Task", action);
        CHECK_THROWS_AS(bench.clone(), OutcomeUnknown);
        CHECK(bench.server.count("CloneVM_Task") == 1);
        bench.rule("RemoveSnapshot_Task", action);
        CHECK_THROWS_AS(bench.vsphere->begin_remove_snapshot(bench.snapshot), OutcomeUnknown);
        CHECK(bench.server.count("RemoveSnapshot_Task") == 1);
    }
}

TEST_CASE("a lost reply to a read is asked for again")
{
    const Bench bench(nlohmann::json::object());
    for (const std::string action :
         {"drop", "dropReply", "truncate", "status", "html", "garbage"}) {
        CAPTURE(action);
        bench.rule("RetrievePropertiesEx", action);
        CHECK(bench.vsphere->read_vms({bench.scene.source}).size() == 1);
    }
}

TEST_CASE("the session ends in the middle of a wait, and the wait goes on")
{
    const Bench bench(nlohmann::json{{"copyMs", 3000}});
    const auto helper = later(800ms, [&] { bench.server.order({{"action", "end_sessions"}}); });
    const VmRef copy = bench.clone();
    CHECK(bench.vsphere->vms_in(bench.scene.folder.id).at(0).ref == copy);
    CHECK(bench.server.count("CloneVM_Task") == 1);
    CHECK(bench.server.count("Login") == 2);
}

TEST_CASE("an expired session is renewed for a read and for a change")
{
    const Bench bench(nlohmann::json::object());
    bench.server.order({{"action", "end_sessions"}});
    CHECK(bench.vsphere->vm_names().size() > 3);
    bench.server.order({{"action", "end_sessions"}});
    const VmRef copy = bench.clone();
    bench.server.order({{"action", "end_sessions"}});
    bench.vsphere->reconfigure(
        copy,
        {.mark = {{"vmrotate.state", "complete"}}, .annotation = {}, .disconnect_nics = true});
    CHECK(bench.vsphere->read_vms({copy}).at(0).mark.at("vmrotate.state") == "complete");
    CHECK(bench.server.count("Login") == 4);
}

TEST_CASE("waits that are cut off or refused still learn the end")
{
    for (const std::string action : {"drop", "truncate", "garbage", "status"}) {
        for (const std::string method : {"WaitForUpdatesEx", "CreateFilter"}) {
            CAPTURE(method);
            CAPTURE(action);
            const Bench bench(nlohmann::json{{"copyMs", 1500}});
            bench.rule(method, action);
            CHECK(!bench.clone().id.empty());
            CHECK(bench.server.count("CloneVM_Task") == 1);
        }
    }
    const Bench bench(nlohmann::json{{"copyMs", 1500}});
    bench.server.order({{"action", "rule"},
                        {"rule",
                         {{"method", "CreateFilter"},
                          {"action", "fault"},
                          {"fault", "NotSupported"},
                          {"count", -1}}}});
    CHECK(!bench.clone().id.empty());
}

TEST_CASE("a task that the server forgets is unknown")
{
    const Bench bench(nlohmann::json::object());
    CHECK_THROWS_AS(bench.vsphere->wait({"task-4711"}, {}), OutcomeUnknown);
}
