// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/freeze.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using std::chrono::milliseconds;

namespace {

const std::string made = "zz_avocado2-01-201909250241";

/// Sees what it is told to: the first watch, the second one, ...
class FakeProber final : public job::Prober {
public:
    std::vector<rotation::Freeze> sights;
    std::string problem, asked;
    int ended = 0;
    std::function<void()> on_watch;

    std::unique_ptr<job::Watch> watch(const job::ProbeTarget& target, std::string& why) override
    {
        asked += target.address + ":" + std::to_string(target.probe.port) + "\n";
        if (on_watch)
            on_watch();
        why = problem;
        if (!problem.empty())
            return nullptr;
        return std::make_unique<FakeWatch>(*this, sights.at(watches_++));
    }

private:
    class FakeWatch final : public job::Watch {
    public:
        FakeWatch(FakeProber& prober, rotation::Freeze sight) : prober_(prober), sight_(sight) {}
        void finish() override { ++prober_.ended; }
        rotation::Freeze result() override { return sight_; }

    private:
        FakeProber& prober_;
        rotation::Freeze sight_;
    };

    std::size_t watches_ = 0;
};

struct ProbedWorld : World {
    FakeProber prober;

    ProbedWorld()
    {
        policy.probe = {config::Probe::Kind::tcp, 22};
        policy.max_freeze = 5s;
        vsphere.address_of_guests = "10.0.0.7";
        prober.sights = {{100ms, 0}, {100ms, 0}};
    }

    job::Run probed_run()
    {
        job::Run run = this->run();
        run.prober = &prober;
        return run;
    }

    job::Outcome back_up() { return job::backup_vm(vsphere, probed_run()); }

    std::string mark() { return mark_key("freeze-ms") + "/" + mark_key("probes-lost"); }

private:
    std::string mark_key(const std::string& key)
    {
        return vsphere.vm(made).mark["vmrotate." + key];
    }
};

struct Case {
    std::string name;
    std::vector<rotation::Freeze> sights;  ///< of the making, of the removal
    std::string mark, warnings, report;
    int reconfigurations;
};

const std::vector<Case> cases = {
    {"nothing of note", {{120ms, 0}, {110ms, 0}}, "120/0", "", "0.1 s (0 probes were lost)", 1},
    {"a freeze at the making is committed with the generation",
     {{2500ms, 15}, {110ms, 0}},
     "2500/15",
     "",
     "2.5 s (15 probes were lost)",
     1},
    {"a short one at the removal is not worth a call",
     {{120ms, 0}, {999ms, 1}},
     "120/0",
     "",
     "1.0 s (1 probe was lost)",
     1},
    {"a long one at the removal is written into the mark",
     {{120ms, 1}, {2500ms, 15}},
     "2500/16",
     "",
     "2.5 s (16 probes were lost)",
     2},
    {"the longer one is at the making: no second call",
     {{2500ms, 15}, {1500ms, 5}},
     "2500/15",
     "",
     "2.5 s (20 probes were lost)",
     1},
    {"as long as is allowed",
     {{5000ms, 40}, {0ms, 0}},
     "5000/40",
     "",
     "5.0 s (40 probes were lost)",
     1},
    {"longer than is allowed is warned of",
     {{100ms, 0}, {5001ms, 40}},
     "5001/40",
     "the guest froze: no answer for 5.0 s (40 probes were lost); max_freeze is 5 s\n",
     "5.0 s (40 probes were lost)",
     2},
};

int count(const std::string& text, const std::string& word)
{
    int found = 0;
    for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1))
        ++found;
    return found;
}

}  // namespace

TEST_CASE("freeze: what becomes of what the probe saw")
{
    for (const Case& c : cases) {
        CAPTURE(c.name);
        ProbedWorld world;
        world.prober.sights = c.sights;
        const auto outcome = world.back_up();
        CHECK(outcome.ok());
        CHECK(world.mark() == c.mark);
        CHECK(world.observer.warnings == c.warnings);
        CHECK(outcome.froze_too_long == !c.warnings.empty());
        CHECK(joined(outcome.warnings) + (c.warnings.empty() ? "" : "\n") == c.warnings);
        REQUIRE(outcome.freeze);
        CHECK(job::freeze_text(*outcome.freeze) == c.report);
        CHECK(count(world.vsphere.changes, "reconfigure") == c.reconfigurations);
        CHECK(world.prober.asked == "10.0.0.7:22\n10.0.0.7:22\n");
        CHECK(world.prober.ended == 2);
    }
}

TEST_CASE("freeze: 0 allows any")
{
    CHECK_FALSE(job::is_too_long({3600s, 9}, 0s));
    CHECK(job::is_too_long({3600s, 9}, 1s));
}

TEST_CASE("freeze: the next run is told")
{
    for (const auto& [length, told] :
         {std::pair(7200ms,
                    "the last backup froze the guest: no answer for 7.2 s (9 probes were "
                    "lost)\n"),
          std::pair(999ms, "")}) {
        ProbedWorld world;
        world.policy.max_freeze = 0s;
        world.prober.sights = {{length, 9}, {0ms, 0}, {0ms, 0}, {0ms, 0}};
        world.back_up();
        world.pass(24h);
        world.run_id = id_of(2);
        world.observer.remarks.clear();
        world.back_up();
        CHECK(world.observer.remarks == told);
    }
}

TEST_CASE("freeze: a guest that cannot be probed is backed up, with a remark")
{
    struct Row {
        std::function<void(ProbedWorld&)> arrange;
        std::string remark, asked;
    };
    const std::vector<Row> rows = {
        {[](ProbedWorld& world) { world.prober.problem = "no answer"; },
         "the guest cannot be probed at '10.0.0.7': no answer\n", "10.0.0.7:22\n"},
        {[](ProbedWorld& world) { world.vsphere.address_of_guests = ""; },
         "the guest cannot be probed: VMware Tools tell no address of it; probe_address can name "
         "one\n",
         ""},
        {[](ProbedWorld& world) {
             world.vsphere.fail("guest_address", 1,
                                {vimclient::Fault::Kind::privilege, "No.", "NoPermission"});
         },
         "the guest cannot be probed: No.\n", ""},
        {[](ProbedWorld& world) {
             world.policy.probe_address = "db";
             world.prober.problem = "no answer";
         },
         "the guest cannot be probed at 'db': no answer\n", "db:22\n"},
        {[](ProbedWorld& world) { world.policy.probe = {}; }, "", ""},
    };
    for (const Row& row : rows) {
        CAPTURE(row.remark);
        ProbedWorld world;
        row.arrange(world);
        const auto outcome = world.back_up();
        CHECK(outcome.ok());
        CHECK_FALSE(outcome.freeze);
        CHECK(world.observer.remarks == row.remark);
        CHECK(world.observer.warnings == "");
        CHECK(world.prober.asked == row.asked);
        CHECK(world.mark() == "/");
    }
}

TEST_CASE("freeze: a mark that cannot be written is a warning")
{
    ProbedWorld world;
    world.prober.sights = {{0ms, 0}, {1500ms, 3}};
    world.vsphere.fail("reconfigure", 2, {vimclient::Fault::Kind::busy, "Busy."});
    const auto outcome = world.back_up();
    CHECK(outcome.ok());
    CHECK(world.mark() == "0/0");
    CHECK(joined(outcome.warnings) ==
          "the mark of '" + made + "' does not tell of the guest's freeze: Busy.");
}

TEST_CASE("freeze: it is watched from before the snapshot is made until after it is gone")
{
    ProbedWorld world;
    std::string order;
    world.prober.on_watch = [&] { order += "watch " + std::to_string(world.prober.ended) + "\n"; };
    const auto note = [&](const char* method) {
        world.vsphere.when(method, 1, [&order, &world, method] {
            order += std::string(method) + " " + std::to_string(world.prober.ended) + "\n";
        });
    };
    for (const char* method : {"create_snapshot", "clone", "begin_remove_snapshot"})
        note(method);
    world.back_up();
    CHECK(order == "watch 0\ncreate_snapshot 0\nclone 1\nwatch 1\nbegin_remove_snapshot 1\n");
    CHECK(world.prober.ended == 2);
}

TEST_CASE("freeze: the meter finds the longest silence between two answers")
{
    job::FreezeMeter meter(1000ms);
    CHECK(meter.at(1000ms) == rotation::Freeze{0ms, 0});
    CHECK(meter.at(1300ms) == rotation::Freeze{300ms, 0});
    meter.answered(1100ms);
    meter.answered(1200ms);
    CHECK(meter.at(1250ms) == rotation::Freeze{100ms, 0});
    meter.lost();
    meter.lost();
    meter.answered(3000ms);
    meter.answered(2900ms);  // told late
    meter.answered(3100ms);
    CHECK(meter.at(3100ms) == rotation::Freeze{1800ms, 2});
    CHECK(meter.at(9000ms) == rotation::Freeze{5900ms, 2});
    CHECK(meter.at(3100ms) == rotation::Freeze{1800ms, 2});
}
