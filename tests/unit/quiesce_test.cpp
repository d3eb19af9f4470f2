// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/quiesce.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"

using namespace vmrotate;
using vimclient::Power;
using Policy = config::Quiesce;

namespace {

const std::string running = "guestToolsRunning", absent = "guestToolsNotRunning";

struct ChoiceCase {
    std::string name;
    Policy policy;
    Power power;
    std::string tools;
    std::string choice;   ///< "off", "ask", "ask, or not"; and the shortfall
    std::string refused;  ///< why `require` cannot be met
};

const std::vector<ChoiceCase> choices = {
    {"off asks nobody", Policy::off, Power::on, running, "off", ""},
    {"off, without Tools", Policy::off, Power::on, absent, "off", ""},
    {"prefer", Policy::prefer, Power::on, running, "ask, or not", ""},
    {"prefer, without Tools", Policy::prefer, Power::on, absent, "off: VMware Tools do not run",
     ""},
    {"prefer, Tools that start", Policy::prefer, Power::on, "guestToolsExecutingScripts",
     "off: VMware Tools do not run", ""},
    {"prefer, and nothing is known of Tools", Policy::prefer, Power::on, "",
     "off: VMware Tools do not run", ""},
    {"prefer, a VM that is off is at rest", Policy::prefer, Power::off, absent, "off", ""},
    {"prefer, a suspended VM is not", Policy::prefer, Power::suspended, running,
     "off: the VM is suspended", ""},
    {"require", Policy::require, Power::on, running, "ask", ""},
    {"require, without Tools", Policy::require, Power::on, absent, "off: VMware Tools do not run",
     "VMware Tools do not run"},
    {"require, a VM that is off is at rest", Policy::require, Power::off, absent, "off", ""},
    {"require, a suspended VM is not", Policy::require, Power::suspended, running,
     "off: the VM is suspended", "the VM is suspended"},
};

struct RunCase {
    std::string name;
    Policy policy;
    std::function<void(World&)> arrange;
    std::string told, warnings;
    std::string quiesced;  ///< what the mark says
    bool fell_short = false;
};

void tools_end_meanwhile(World& world)
{
    world.vsphere.when("create_snapshot", 1, [&world] { world.source().tools = absent; });
}

const std::string not_quiesced =
    "the guest was to be brought to rest, and by vCenter's own word the snapshot is not quiesced";

const std::vector<RunCase> runs = {
    {"off", Policy::off, [](World&) {}, "", "", "no"},
    {"prefer", Policy::prefer, [](World&) {}, "", "", "yes"},
    {"require", Policy::require, [](World&) {}, "", "", "yes"},
    {"prefer, without Tools: said, and marked", Policy::prefer,
     [](World& world) { world.source().tools = absent; }, "",
     "VMware Tools do not run: taken without bringing the guest to rest\n", "no", true},
    {"prefer, a guest that will not: said, and marked", Policy::prefer,
     [](World& world) {
         world.vsphere.fail("create_snapshot", 1,
                            {vimclient::Fault::Kind::quiesce, "No.", "ApplicationQuiesceFault"});
     },
     "",
     "cannot bring the guest to rest: the guest's applications could not be brought to rest "
     "(ApplicationQuiesceFault); taken without it\n",
     "no", true},
    {"prefer, and vCenter ignores it: said, and marked", Policy::prefer, tools_end_meanwhile, "",
     not_quiesced + "\n", "no", true},
    {"require, and vCenter ignores it: no success", Policy::require, tools_end_meanwhile,
     "failed: cannot back it up: " + not_quiesced, "", ""},
    {"require, without Tools: nothing was changed", Policy::require,
     [](World& world) { world.source().tools = absent; },
     "refused: cannot back it up: VMware Tools do not run, and quiesce = \"require\"", "", ""},
    {"require, a VM that is off", Policy::require,
     [](World& world) { world.source().power = Power::off; }, "", "", "no"},
};

}  // namespace

TEST_CASE("quiesce: Tools and power are looked at first")
{
    for (const ChoiceCase& c : choices) {
        CAPTURE(c.name);
        vimclient::Vm source;
        source.power = c.power;
        source.tools = c.tools;
        const auto choice = job::choose_quiesce(c.policy, source);
        std::string text = choice.ask == vimclient::Quiesce::off ? "off" : "ask";
        if (choice.ask != vimclient::Quiesce::off && choice.may_fall_back)
            text += ", or not";
        CHECK(text + (choice.shortfall.empty() ? "" : ": " + choice.shortfall) == c.choice);
        CHECK(job::why_not_at_rest(c.policy, source) == c.refused);
    }
}

TEST_CASE("quiesce: what could not be done is never called success")
{
    for (const RunCase& c : runs) {
        CAPTURE(c.name);
        World world;
        world.policy.quiesce = c.policy;
        c.arrange(world);
        job::Outcome outcome;
        CHECK(told([&] { outcome = job::backup_vm(world.vsphere, world.run()); }) == c.told);
        CHECK(world.observer.warnings == c.warnings);
        CHECK(outcome.fell_short_of_rest == c.fell_short);
        CHECK(world.vsphere.snapshots_of("avocado2") == "");
        CHECK(world.vsphere.missed() == "");
        if (c.quiesced.empty()) {
            CHECK(world.vsphere.names_in("backup") == "");
            continue;
        }
        CHECK(world.vsphere.vm(outcome.generation).mark["vmrotate.quiesced"] == c.quiesced);
        CHECK(outcome.quiesced == (c.quiesced == "yes"));
        const auto seen = job::survey(world.vsphere, world.run());
        REQUIRE(seen.set.generations.size() == 1);
        CHECK(seen.set.generations.front().quiesced == outcome.quiesced);
    }
}
