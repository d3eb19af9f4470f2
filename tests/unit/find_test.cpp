// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/find.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using Kind = vimclient::Fault::Kind;

namespace {

/// What it says, and what it advises.
template <typename Deed>
std::string with_hint(const Deed& deed)
{
    try {
        deed();
    } catch (const Error& error) {
        return told(deed) + "\n  hint: " + error.hint();
    }
    return {};
}

struct SourceCase {
    std::string name, wanted;
    std::string found;  ///< its id
    std::string told;
};

const std::vector<SourceCase> source_cases = {
    {"an exact name finds it, whatever begins alike", "avocado2", "vm-1", ""},
    {"the longer name finds the longer one", "avocado20", "vm-2", ""},
    {"names are as people see them", "web/100%", "vm-3", ""},
    {"a part of a name finds nothing", "avocado", "",
     "failed: cannot find it: no VM has exactly this name\n"
     "  hint: did you mean 'avocado2', 'avocado20'?"},
    {"capitals count", "AVOCADO2", "",
     "failed: cannot find it: no VM has exactly this name\n"
     "  hint: did you mean 'avocado2', 'avocado20'?"},
    {"nothing is near", "quince", "",
     "failed: cannot find it: no VM has exactly this name\n"
     "  hint: the name must be exact, capitals included"},
    {"a pattern is none here", "avo*", "",
     "failed: cannot find it: no VM has exactly this name\n"
     "  hint: a pattern stands in a job, [job.NAME] vms = [...]; here it is a name"},
    {"two of one name are listed with where they stand", "twin", "",
     "failed: cannot tell which one is meant: 2 VMs have this name: /DC/vm/a/twin, "
     "/DC/vm/b/twin\n  hint: rename all but one of them"},
};

struct TargetCase {
    std::string name;
    std::string datastore, folder;
    bool create_folder;
    std::string found;  ///< ids
    std::string told;
};

const std::vector<TargetCase> target_cases = {
    {"both are there", "durian", "backup", false, "datastore-2 group-v-2", ""},
    {"a folder below another", "durian", "backup/nightly", false, "datastore-2 group-v-3", ""},
    {"no such datastore: the near one is named", "durain", "backup", false, "",
     "usage: cannot find the datastore 'durain' in the datacenter 'DC'\n"
     "  hint: did you mean 'durian'?"},
    {"a datastore of another datacenter is none of ours", "papaya", "backup", false, "",
     "usage: cannot find the datastore 'papaya' in the datacenter 'DC'\n"
     "  hint: see --datastore, and 'copies' in the configuration; there are 'mango' and 'durian'"},
    {"no such folder: the near one is named", "durian", "bakcup", false, "",
     "usage: cannot find the folder 'bakcup' in the datacenter 'DC'\n"
     "  hint: did you mean 'backup'?"},
    {"no such folder, and nothing near it: how to have it made", "durian", "copies", false, "",
     "usage: cannot find the folder 'copies' in the datacenter 'DC'\n"
     "  hint: --create-folder makes it"},
    {"a folder of another datacenter is none of ours", "durian", "elsewhere", false, "",
     "usage: cannot find the folder 'elsewhere' in the datacenter 'DC'\n"
     "  hint: --create-folder makes it"},
    {"a folder that is to be made has no id yet", "durian", "copies", true, "datastore-2 ", ""},
    {"one that may be made and is there is taken", "durian", "backup", true,
     "datastore-2 group-v-2", ""},
};

}  // namespace

TEST_CASE("find_source: the one VM of exactly this name")
{
    for (const SourceCase& c : source_cases) {
        INFO("case: ", c.name);
        World world;
        for (const char* name : {"avocado20", "web/100%"})
            world.vsphere.add_vm(name);
        world.vsphere.add_vm("twin", "a");
        world.vsphere.add_vm("twin", "b");
        std::string found;
        CHECK(with_hint([&] { found = job::find_source(world.vsphere, c.wanted).id; }) == c.told);
        CHECK(found == c.found);
    }
}

TEST_CASE("find_source: a server that does not list its VMs is explained")
{
    World world;
    world.vsphere.fail("vm_names", 1, {Kind::privilege, "System.View is missing"});
    CHECK(told([&] { job::find_source(world.vsphere, "avocado2"); }) ==
          "privilege: cannot list the VMs: System.View is missing");
}

TEST_CASE("find_target: the datastore and the folder of the policy, in the source's datacenter")
{
    for (const TargetCase& c : target_cases) {
        INFO("case: ", c.name);
        World world;
        world.vsphere.add_folder("backup/nightly");
        const auto elsewhere = world.vsphere.add_datacenter("Annex");
        world.vsphere.add_datastore("papaya", elsewhere);
        world.vsphere.add_folder("elsewhere", elsewhere);
        world.policy.datastore = c.datastore;
        world.policy.folder = c.folder;
        world.policy.create_folder = c.create_folder;
        const vimclient::Place place{"/DC/vm/avocado2", "datacenter-1", "DC"};
        std::string found;
        CHECK(with_hint([&] {
                  const auto target = job::find_target(world.vsphere, place, world.policy);
                  found = target.datastore.id + " " + target.folder.id;
                  CHECK(target.folder.path == c.folder);
              }) == c.told);
        CHECK(found == c.found);
        CHECK(world.vsphere.changes == "");
    }
}

TEST_CASE("find_target: a datacenter that cannot be read is explained")
{
    World world;
    world.vsphere.fail("folders_of", 1, {Kind::unreachable, "no answer"});
    CHECK(told([&] {
              job::find_target(world.vsphere, {"/DC/vm/avocado2", "datacenter-1", "DC"},
                               world.policy);
          }) == "unreachable: cannot read the inventory: no answer");
}
