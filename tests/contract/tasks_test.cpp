// SPDX-License-Identifier: GPL-3.0-or-later
#include <chrono>
#include <string>

#include <doctest/doctest.h>

#include "clone_bench.hpp"

using namespace vimclient;
using namespace std::chrono_literals;
using contract::Bench;

namespace {

/// What came out: "done", "unknown", "cancelled", or a Fault's kind by its type.
template <class Deed>
std::string told(const Deed& deed)
{
    try {
        deed();
    } catch (const OutcomeUnknown&) {
        return "unknown";
    } catch (const Fault& fault) {
        return fault.type().empty() ? fault.what() : fault.type();
    } catch (const Cancelled&) {
        return "cancelled";
    }
    return "done";
}

/// A task that vanishes without a word is looked for soon.
Patience patience()
{
    Patience patience = contract::ServerUnderTest::patience();
    patience.reply = 4s;
    return patience;
}

void next(const Bench& bench, const std::string& method, nlohmann::json order)
{
    order["action"] = "next";
    order["method"] = method;
    order["vm"] = "avocado2";
    bench.server.order(order);
}

std::string clone_told(const nlohmann::json& order)
{
    const Bench bench({{"copyMs", 1000}}, patience());
    next(bench, "CloneVM_Task", order);
    std::string text = told([&] { bench.clone(); });
    CHECK(bench.server.count("CloneVM_Task") == 1);
    return text;
}

}  // namespace

TEST_CASE("how a copy's task ends is told as it is, and never better")
{
    CHECK(clone_told({{"end", "error"}, {"failAt", 50}, {"fault", "NoDiskSpace"}}) ==
          "NoDiskSpace");
    CHECK(clone_told({{"end", "cancelledByUser"}, {"failAt", 50}}) == "RequestCanceled");
    CHECK(clone_told({{"end", "taskVanishes"}}) == "unknown");
    CHECK(clone_told({{"end", "successNoResult"}}) == "unknown");
}

TEST_CASE("a copy whose task never ends can be cancelled")
{
    for (const std::string end : {"queuedForEver", "runningForEver"}) {
        CAPTURE(end);
        const Bench bench(nlohmann::json{{"copyMs", 1000}});
        next(bench, "CloneVM_Task", {{"end", end}});
        std::stop_source stop;
        const auto helper = contract::later(1500ms, [&] { stop.request_stop(); });
        CHECK(told([&] { bench.clone({}, stop.get_token()); }) == "cancelled");
    }
}

TEST_CASE("a copy that was cancelled and does not end is given up after a while, as unknown")
{
    Patience patience = contract::ServerUnderTest::patience();
    patience.cancel = 1s;
    const Bench bench({{"copyMs", 1000}}, patience);
    next(bench, "CloneVM_Task", {{"end", "cancelIgnored"}, {"failAt", 50}});
    std::stop_source stop;
    const auto helper = contract::later(1s, [&] { stop.request_stop(); });
    try {
        bench.clone({}, stop.get_token());
        FAIL("it cannot have been made");
    } catch (const OutcomeUnknown& lost) {
        CHECK(std::string(lost.what()).find("it was cancelled and does not end") !=
              std::string::npos);
    }
    CHECK(bench.server.count("CancelTask") == 1);
}

TEST_CASE("a wait that is interrupted leaves the task alone")
{
    const Bench bench({{"copyMs", 1000}}, patience());
    next(bench, "RemoveSnapshot_Task", {{"end", "runningForEver"}, {"failAt", 50}});
    const auto removal = bench.vsphere->begin_remove_snapshot(bench.snapshot);
    REQUIRE(removal);
    std::stop_source stop;
    const auto helper = contract::later(1s, [&] { stop.request_stop(); });
    CHECK(told([&] { bench.vsphere->wait(*removal, stop.get_token()); }) == "unknown");
    CHECK(bench.server.count("CancelTask") == 0);
}

TEST_CASE("a snapshot whose task names none, or vanishes, is unknown")
{
    for (const std::string end : {"successNoResult", "taskVanishes"}) {
        CAPTURE(end);
        const Bench bench(nlohmann::json::object(), patience());
        next(bench, "CreateSnapshot_Task", {{"end", end}});
        CHECK(told([&] {
                  bench.vsphere->create_snapshot(bench.scene.source, {"t", "d"});
              }) == "unknown");
        CHECK(bench.server.count("CreateSnapshot_Task") == 2);  // the bench's own too
    }
}

TEST_CASE(
    "a removal whose task vanishes is unknown, and one that succeeds without a result is done")
{
    for (const std::string end : {"taskVanishes", "successNoResult"}) {
        CAPTURE(end);
        const Bench bench(nlohmann::json::object(), patience());
        next(bench, "RemoveSnapshot_Task", {{"end", end}});
        const auto removal = bench.vsphere->begin_remove_snapshot(bench.snapshot);
        REQUIRE(removal);
        CHECK(told([&] { bench.vsphere->wait(*removal, {}); }) ==
              (end == "taskVanishes" ? "unknown" : "done"));
        CHECK(bench.server.count("RemoveSnapshot_Task") == 1);
    }
}

TEST_CASE("a task object that is gone while it is waited for is unknown")
{
    for (const bool read : {false, true}) {
        CAPTURE(read);
        const Bench bench(nlohmann::json{{"copyMs", 1500}});
        const nlohmann::json gone{
            {"fault", "ManagedObjectNotFound"}, {"count", -1}, {"contains", "type=\"Task\""}};
        bench.rule("CreateFilter", "fault", gone);
        if (read)
            bench.rule("RetrievePropertiesEx", "fault", gone);
        CHECK(told([&] { bench.clone(); }) == (read ? "unknown" : "done"));
        CHECK(bench.hits() > 0);
        CHECK(bench.server.count("CloneVM_Task") == 1);
    }
}
