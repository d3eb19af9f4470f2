// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/verify.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"
#include "job/facts.hpp"

using namespace vmrotate;
using vimclient::Vm;

namespace {

struct Case {
    std::string name;
    std::function<void(Vm& copy)> change;
    std::string faults, warnings;  ///< joined with "; "
};

const std::vector<Case> cases = {
    {"a copy as it should be", [](Vm&) {}, "", ""},
    {"bigger disks are none the worse", [](Vm& vm) { ++vm.disks[0].bytes; }, "", ""},
    {"the order of the disks says nothing", [](Vm& vm) { std::swap(vm.disks[0], vm.disks[1]); }, "",
     ""},
    {"a server that does not say whether a disk is thin", [](Vm& vm) { vm.disks[0].thin.reset(); },
     "", ""},
    {"a disk that is not thin is a generation's all the same",
     [](Vm& vm) { vm.disks[1].thin = false; }, "", "the disk scsi0:1 of the copy is not thin"},

    {"a missing disk", [](Vm& vm) { vm.disks.pop_back(); }, "the disk scsi0:1 is missing", ""},
    {"no disks at all", [](Vm& vm) { vm.disks.clear(); },
     "the disk scsi0:0 is missing; the disk scsi0:1 is missing", ""},
    {"a disk one byte too small", [](Vm& vm) { --vm.disks[1].bytes; },
     "the disk scsi0:1 is smaller than the source's", ""},
    {"a disk at another address: one is missing and one too many",
     [](Vm& vm) { vm.disks[1].address = "scsi1:0"; },
     "the disk scsi0:1 is missing; the disk scsi1:0 is not one of the source's", ""},
    {"a disk on another datastore",
     [](Vm& vm) {
         vm.disks[1].datastore_id = "datastore-1";
         vm.disks[1].file = "[mango] avocado2/avocado2.vmdk";
     },
     "the disk scsi0:1 is on the wrong datastore", ""},
    {"a disk in another VM's directory",
     [](Vm& vm) { vm.disks[1].file = "[durian] other/other.vmdk"; },
     "the disk scsi0:1 is not in the copy's own folder", ""},
    {"a linked clone", [](Vm& vm) { vm.disks[0].parents = {"[durian] base/base.vmdk"}; },
     "the disk scsi0:0 depends on another file: it is no full copy", ""},
    {"powered on", [](Vm& vm) { vm.power = vimclient::Power::on; }, "it is not powered off", ""},
    {"suspended", [](Vm& vm) { vm.power = vimclient::Power::suspended; }, "it is not powered off",
     ""},
    {"the source's identity", [](Vm& vm) { vm.instance_uuid = World().source().instance_uuid; },
     "it has no identity of its own (instanceUuid)", ""},
    {"no identity", [](Vm& vm) { vm.instance_uuid.clear(); },
     "it has no identity of its own (instanceUuid)", ""},
    {"moved to another folder", [](Vm& vm) { vm.folder_id = "group-v-1"; },
     "it stands in another folder", ""},
    {"with a snapshot", [](Vm& vm) { vm.snapshots.emplace_back(); }, "it has a snapshot", ""},
    {"lost by its host", [](Vm& vm) { vm.connection = "orphaned"; },
     "vCenter has no connection to it (orphaned)", ""},
    {"unreadable", [](Vm& vm) { vm.readable = false; }, "its configuration cannot be read", ""},
};

}  // namespace

TEST_CASE("verify: is a copy fit to be a generation")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        const auto expected = job::sizes_of(world.source().disks);
        Vm copy = world.add_generation(1, 1, 0);
        c.change(copy);
        const rotation::SetId id{world.source().instance_uuid,
                                 "default",
                                 {"zz_", "avocado2"},
                                 "group-v-2",
                                 "datastore-2"};
        const auto verdict = job::verify(copy, expected, id);
        CHECK(fmt::format("{}", fmt::join(verdict.faults, "; ")) == c.faults);
        CHECK(fmt::format("{}", fmt::join(verdict.warnings, "; ")) == c.warnings);
    }
}
