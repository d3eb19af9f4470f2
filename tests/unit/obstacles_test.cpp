// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/obstacles.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using vimclient::Backing;
using vimclient::Vm;

namespace {

constexpr std::int64_t gibibyte = std::int64_t{1} << 30;

/// What `obstacles` looks at, all of it in order.
struct Sight {
    World world;
    Vm source = world.source();
    job::Target target{world.vsphere.datastore("durian"), {"group-v-2", "backup"}};
    rotation::SetId set{
        source.instance_uuid, "default", {"zz_", "avocado2"}, "group-v-2", "datastore-2"};
};

struct Case {
    std::string name;
    std::function<void(Sight&)> change;
    std::string sentences;  ///< joined with "; "
};

const std::vector<Case> cases = {
    {"nothing forbids it", [](Sight&) {}, ""},
    {"a powered-off VM can be backed up", [](Sight& s) { s.source.power = vimclient::Power::off; },
     ""},
    {"a virtual RDM can be snapshotted",
     [](Sight& s) { s.source.disks[1].backing = Backing::rdm_virtual; }, ""},
    {"a folder that is yet to be made is none", [](Sight& s) { s.set.folder_id.clear(); }, ""},
    {"a physical RDM", [](Sight& s) { s.source.disks[1].backing = Backing::rdm_physical; },
     "its disk scsi0:1 is a physical RDM, which cannot be snapshotted"},
    {"a disk of a kind that is new to us",
     [](Sight& s) { s.source.disks[0].backing = Backing::other; },
     "its disk scsi0:0 is of a kind that cannot be snapshotted"},
    {"an independent disk would be left out",
     [](Sight& s) { s.source.disks[0].mode = "independent_persistent"; },
     "its disk scsi0:0 is independent, so that a snapshot leaves it out"},
    {"nor is a nonpersistent one better",
     [](Sight& s) { s.source.disks[0].mode = "independent_nonpersistent"; },
     "its disk scsi0:0 is independent, so that a snapshot leaves it out"},
    {"a multi-writer disk", [](Sight& s) { s.source.disks[1].multi_writer = true; },
     "its disk scsi0:1 is shared with other VMs (multi-writer)"},
    {"a shared bus", [](Sight& s) { s.source.disks[1].shared_bus = true; },
     "its disk scsi0:1 is on a SCSI controller that shares its bus"},
    {"a template", [](Sight& s) { s.source.is_template = true; }, "it is a template"},
    {"a pending question", [](Sight& s) { s.source.question = "Did you move it or copy it?"; },
     "it waits for an answer: Did you move it or copy it?"},
    {"a host that is away", [](Sight& s) { s.source.connection = "disconnected"; },
     "vCenter has no connection to it (disconnected)"},
    {"a configuration that cannot be read",
     [](Sight& s) {
         s.source.readable = false;
         s.source.connection = "inaccessible";
     },
     "vCenter has no connection to it (inaccessible)"},
    {"snapshots that are switched off", [](Sight& s) { s.source.snapshots_allowed = false; },
     "snapshots are switched off for it"},
    {"a VM that a solution manages", [](Sight& s) { s.source.managed_by = "com.vmware.vim.eam"; },
     "it is managed by 'com.vmware.vim.eam'"},
    {"a generation in its own folder", [](Sight& s) { s.source = s.world.add_generation(1, 1, 1); },
     "it is itself a generation, in the folder of the generations"},
    {"a generation that was moved out is a VM in its own right",
     [](Sight& s) {
         s.source = s.world.add_generation(1, 1, 1);
         s.source.folder_id = "group-v-1";
     },
     ""},
    {"a VM without a mark may stand in that folder",
     [](Sight& s) { s.source.folder_id = s.set.folder_id; }, ""},
    {"exactly enough room is enough", [](Sight& s) { s.target.datastore.free = 50 * gibibyte; },
     ""},
    {"one byte too little", [](Sight& s) { s.target.datastore.free = 50 * gibibyte - 1; },
     "the datastore 'durian' has 50 GiB free, 50 GiB are needed"},
    {"a thin source needs what it uses",
     [](Sight& s) {
         s.target.datastore.free = 5 * gibibyte;
         s.source.used = 5 * gibibyte;
     },
     ""},
    {"a datastore that is away: its room says nothing",
     [](Sight& s) {
         s.target.datastore.accessible = false;
         s.target.datastore.free = 0;
     },
     "the datastore 'durian' is not accessible, or in maintenance"},
    {"a datastore on its way into maintenance",
     [](Sight& s) { s.target.datastore.maintenance = "enteringMaintenance"; },
     "the datastore 'durian' is not accessible, or in maintenance"},
    {"all of it is told at once",
     [](Sight& s) {
         s.source.is_template = true;
         s.source.disks[0].multi_writer = true;
         s.source.disks[1].mode = "independent_persistent";
         s.target.datastore.free = 0;
     },
     "it is a template; its disk scsi0:0 is shared with other VMs (multi-writer); "
     "its disk scsi0:1 is independent, so that a snapshot leaves it out; "
     "the datastore 'durian' has 0 B free, 50 GiB are needed"},
    {"a name that is too long", [](Sight& s) { s.set.stem.name = std::string(62, 'a'); },
     "the names of its generations would have 81 characters, 80 are allowed"},
};

struct NameCase {
    std::string name;
    rotation::Stem stem;
    std::string sentence, hint;
};

std::string times(int count, const std::string& text)
{
    std::string result;
    for (int i = 0; i < count; ++i)
        result += text;
    return result;
}

const std::vector<NameCase> name_cases = {
    {"80 characters fit", {"zz_", std::string(61, 'a')}, "", ""},
    {"81 do not",
     {"zz_", std::string(62, 'a')},
     "the names of its generations would have 81 characters, 80 are allowed",
     "give it an 'alias' of at most 61 characters in its [vm] table"},
    {"characters count, not bytes", {"zz_", times(61, "\xC3\xA9")}, "", ""},
    {"what vCenter escapes counts three",
     {"zz_", times(21, "/")},
     "the names of its generations would have 82 characters, 80 are allowed",
     "give it an 'alias' of at most 61 characters in its [vm] table"},
    {"a longer prefix leaves less room",
     {"nightly_", std::string(57, 'a')},
     "the names of its generations would have 81 characters, 80 are allowed",
     "give it an 'alias' of at most 56 characters in its [vm] table"},
};

}  // namespace

TEST_CASE("obstacles: every reason against a backup, before anything is changed")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        Sight sight;
        c.change(sight);
        std::string sentences;
        for (const job::Obstacle& each : job::obstacles(sight.source, sight.target, sight.set))
            sentences += (sentences.empty() ? "" : "; ") + each.sentence;
        CHECK(sentences == c.sentences);
    }
}

TEST_CASE("name_obstacles: how long a name may be, and what is left for an alias")
{
    for (const NameCase& c : name_cases) {
        INFO("case: ", c.name);
        const auto found = job::name_obstacles(c.stem);
        CHECK(found.size() == (c.sentence.empty() ? 0 : 1));
        CHECK((found.empty() ? "" : found.front().sentence) == c.sentence);
        CHECK((found.empty() ? "" : found.front().hint) == c.hint);
    }
}

TEST_CASE("room_needed: what is used, or all of the disks where that is less or not told")
{
    World world;
    Vm source = world.source();
    CHECK(job::room_needed(source) == 50 * gibibyte);
    source.used = 7 * gibibyte;
    CHECK(job::room_needed(source) == 7 * gibibyte);
    source.used = 70 * gibibyte;
    CHECK(job::room_needed(source) == 50 * gibibyte);
}
