// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/release.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using vimclient::Vm;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

const std::string name = "zz_avocado2-02-201909230241";
const std::string third = "generation 2 of 'avocado2', set 'default', taken 2019-09-23T02:41:00Z";

struct Case {
    std::string name;
    std::function<void(World&, Vm&)> before;
    std::string was;
    int good_left;  ///< -1: not told
    std::string error;
    bool is_released = true;
};

const std::vector<Case> cases = {
    {"a generation", [](World&, Vm&) {}, third, 2, ""},
    {"one that is in use", [](World&, Vm& vm) { vm.power = vimclient::Power::on; }, third, 2, ""},
    {"one that is pinned", [](World&, Vm& vm) { vm.mark["vmrotate.pinned"] = "audit"; }, third, 2,
     ""},
    {"the last good one",
     [](World& world, Vm&) {
         for (const char* other : {"zz_avocado2-01-201909220241", "zz_avocado2-03-201909240241"})
             world.vsphere.add_snapshot(world.vsphere.vm(other), "mine");
     },
     third, 0, ""},
    {"a copy of one", [](World&, Vm& vm) { vm.instance_uuid = "new"; }, "a copy of " + third, -1,
     ""},
    {"a damaged mark", [](World&, Vm& vm) { vm.mark.erase("vmrotate.slot"); },
     "a VM with a mark that says nothing: its mark is damaged: 'vmrotate.slot' is missing", -1, ""},
    {"a key that we do not know goes too",
     [](World&, Vm& vm) { vm.mark["vmrotate.colour"] = "blue"; }, third, 2, ""},
    {"no mark: nothing to do", [](World&, Vm& vm) { vm.mark.clear(); }, "", -1, "", false},

    {"never finished",
     [](World& world, Vm& vm) {
         auto mark = world.mark(2, 2, 2);
         mark.state = rotation::State::copying;
         World::set_mark(vm, mark);
     },
     "", -1,
     "refused: cannot release it: it is a copy that was never finished, and a run may be at work "
     "on it",
     false},
    {"of a version that we do not know", [](World&, Vm& vm) { vm.mark["vmrotate.version"] = "2"; },
     "", -1, "refused: cannot release it: its mark is of version '2'", false},
    {"unreadable", [](World&, Vm& vm) { vm.readable = false; }, "", -1,
     "refused: cannot release it: its configuration cannot be read", false},
    {"the others cannot be read",
     [](World& world, Vm&) {
         world.vsphere.fail("vms_in", 1, {Kind::unreachable, "no answer"});
     },
     "", -1, "unreachable: cannot read the generations: no answer", false},
    {"a lost reply, and it is done",
     [](World& world, Vm&) { world.vsphere.lose("reconfigure", 1, Lost::executed); }, third, 2, ""},
};

}  // namespace

TEST_CASE("release: all our keys go, and nothing else changes")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        world.add_three();
        auto& vm = world.vsphere.vm(name);
        vm.annotation = "mine";
        c.before(world, vm);
        const bool had_a_mark = !vm.mark.empty();
        job::Release release;
        CHECK(told([&] {
                  release = job::plan_release(world.vsphere, name);
                  CHECK(world.vsphere.changes == "");
                  job::carry_out(world.vsphere, world.run(), release);
              }) == c.error);
        CHECK(vm.mark.empty() == (c.is_released || !had_a_mark));
        CHECK(vm.annotation == "mine");
        CHECK((world.vsphere.changes != "") == c.is_released);
        if (c.error.empty()) {
            CHECK(release.was == c.was);
            CHECK(release.good_left.value_or(-1) == c.good_left);
            CHECK(release.is_change() == c.is_released);
        }
        CHECK(world.vsphere.missed() == "");
    }
}
