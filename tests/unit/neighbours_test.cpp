// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/neighbours.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/backup_vm.hpp"
#include "job/prepare.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using job::Neighbours;

namespace {

/// Three generations of avocado2, and beside them one of fig.
struct Street {
    World world;
    std::string fig;  ///< id of its generation
    Neighbours neighbours{[this] { return world.steady; }};
    rotation::SetId id;

    Street()
    {
        world.add_three();
        neighbours.note_sources({"avocado2", "fig", "kiwi"});
        fig = add_of_another("zz_fig-01-201909240241", "fig").ref.id;
        auto run = world.run();
        id = job::survey(world.vsphere, run).id;
        world.vsphere.calls.clear();
    }

    vimclient::Vm& add_of_another(const std::string& name, const std::string& source)
    {
        vimclient::Vm& vm = world.vsphere.add_vm(name, "backup");
        auto mark = world.mark(1, 1, 1);
        mark.self = vm.instance_uuid;
        mark.stem = {"zz_", source};
        mark.source_name = source;
        mark.source_uuid = "of " + source;
        World::set_mark(vm, mark);
        return vm;
    }

    /// The admin has given fig's generation to avocado2, as its newest.
    void hand_over_fig()
    {
        vimclient::Vm& vm = world.vsphere.vm("zz_fig-01-201909240241");
        auto mark = rotation::decode(vm.mark).mark;
        mark.source_uuid = id.source_uuid;
        mark.seq = 9;
        World::set_mark(vm, mark);
    }

    job::Run run()
    {
        auto run = world.run();
        run.neighbours = &neighbours;
        return run;
    }

    /// The set as a run reads it that looks for nothing else; and which calls it took.
    rotation::Set read(std::string* calls = nullptr)
    {
        world.vsphere.calls.clear();
        const auto given = run();
        vimclient::Question question;
        job::ask_for_folder(given, id, question);
        const auto answer = world.vsphere.read(question);
        const auto told = job::folder_told(world.vsphere, given, id, answer);
        const auto set = told ? job::members_of(id, *told).set : rotation::Set{};
        if (calls != nullptr)
            *calls = world.vsphere.calls;
        world.vsphere.calls.clear();
        return set;
    }

    rotation::Set truth() { return job::read_set(world.vsphere, id); }
};

struct Case {
    std::string name;
    std::function<void(Street&)> happens;  ///< after the folder was listed
};

vimclient::Vm& newest(Street& street)
{
    return street.world.vsphere.vm("zz_avocado2-03-201909240241");
}

const std::vector<Case> cases = {
    {"nothing", [](Street&) {}},
    {"a generation more", [](Street& street) { street.world.add_generation(4, 4, 0); }},
    {"a copy that another run makes", [](Street& street) { street.world.add_unfinished(4, 7); }},
    {"one less", [](Street& street) { street.world.vsphere.destroy(newest(street).ref); }},
    {"one is renamed", [](Street& street) { newest(street).ref.name = "mine"; }},
    {"one is moved away", [](Street& street) { newest(street).folder_id = "group-v-1"; }},
    {"one is switched on", [](Street& street) { newest(street).power = vimclient::Power::on; }},
    {"one cannot be read any more", [](Street& street) { newest(street).connection = "orphaned"; }},
    {"one loses its mark", [](Street& street) { newest(street).mark.clear(); }},
    {"a stranger comes that is named like one",
     [](Street& street) { street.world.vsphere.add_vm("zz_avocado2-04-201909250241", "backup"); }},
    {"one comes that cannot be read",
     [](Street& street) {
         street.world.vsphere.add_vm("what", "backup").connection = "inaccessible";
     }},
    {"a generation of others comes",
     [](Street& street) { street.add_of_another("zz_kiwi-01-201909250241", "kiwi"); }},
};

}  // namespace

TEST_CASE("neighbours: a set that is read without those of others is the set")
{
    for (const Case& c : cases) {
        INFO("happens: ", c.name);
        Street street;
        street.read();
        c.happens(street);
        std::string calls;
        CHECK(street.read(&calls) == street.truth());
        CHECK(calls.find("vms_in") == std::string::npos);
        CHECK(calls.find("fig") == std::string::npos);
    }
}

TEST_CASE("neighbours: a folder is listed as a whole at first, and again once that is long ago")
{
    Street street;
    std::string calls;
    street.read(&calls);
    CHECK(calls == "vms_in backup\n");
    street.world.steady += Neighbours::lasting - 1ms;
    street.read(&calls);
    CHECK(calls.find("vms_in") == std::string::npos);
    street.world.steady += 1ms;
    street.read(&calls);
    CHECK(calls == "vms_in backup\n");
}

TEST_CASE("neighbours: what was handed over to the source is seen by whoever lists the folder")
{
    Street street;
    street.read();
    street.hand_over_fig();
    CHECK(street.read().highest_seq == 3);
    street.world.steady += Neighbours::lasting;
    CHECK(street.read().highest_seq == 9);
}

TEST_CASE("neighbours: what may be handed over, as its source is gone, is read each time")
{
    Street street;
    street.neighbours.note_sources({"avocado2"});
    street.read();
    street.hand_over_fig();
    CHECK(street.read().highest_seq == 9);
}

TEST_CASE("neighbours: a VM that goes while the unknown are read has the folder listed")
{
    Street street;
    street.read();
    const auto ref = street.world.add_generation(4, 4, 0).ref;
    street.world.vsphere.when("read_vms", 2, [&] { street.world.vsphere.destroy(ref); });
    const auto given = street.run();
    vimclient::Question question;
    job::ask_for_folder(given, street.id, question);
    const auto answer = street.world.vsphere.read(question);
    CHECK_FALSE(job::folder_told(street.world.vsphere, given, street.id, answer).has_value());
}

TEST_CASE("neighbours: what a run has committed need not be read by the next one")
{
    Street street;
    auto given = street.run();
    job::backup_vm(street.world.vsphere, given);
    street.id.stem.name = "kiwi";
    street.id.source_uuid = "of kiwi";
    std::string calls;
    CHECK(street.read(&calls) == rotation::Set{});
    CHECK(calls == "children_of backup\nread_vms\n");
}

TEST_CASE("backup_vm: beside known neighbours it lists the folder before a deletion, and only then")
{
    for (const bool is_due : {false, true}) {
        INFO("something is due: ", is_due);
        Street street;
        street.world.policy.keep = is_due ? 3 : 4;
        street.read();
        auto given = street.run();
        given.found = job::Hint{.vm_id = street.world.source().ref.id,
                                .instance_uuid = {},
                                .folder_id = street.id.folder_id,
                                .host_ids = {}};
        const auto outcome = job::backup_vm(street.world.vsphere, given);
        CHECK(outcome.ok());
        CHECK(outcome.expired.size() == (is_due ? 1 : 0));
        const auto& calls = street.world.vsphere.calls;
        const auto listed = calls.find("vms_in backup");
        CHECK((listed != std::string::npos) == is_due);
        if (is_due)
            CHECK(listed > calls.find("reconfigure"));
    }
}

TEST_CASE("survey: what a listing of all VMs told saves the looking for a name")
{
    struct Row {
        std::string name;
        std::function<void(World&, job::Hint&)> happens;
        bool is_looked_for;
    };
    const std::vector<Row> rows = {
        {"it still is so", [](World&, job::Hint&) {}, false},
        {"renamed since",
         [](World& world, job::Hint& told) {
             world.source().ref.name = "old";
             world.vsphere.add_vm("avocado2");
             told.vm_id = world.vsphere.vm("old").ref.id;
         },
         true},
        {"gone since", [](World&, job::Hint& told) { told.vm_id = "vm-4711"; }, true},
        {"the folder was not there", [](World&, job::Hint& told) { told.folder_id.clear(); },
         false},
    };
    for (const Row& row : rows) {
        INFO(row.name);
        World world;
        auto run = world.run();
        run.found = job::Hint{.vm_id = world.source().ref.id,
                              .instance_uuid = {},
                              .folder_id = "group-v-2",
                              .host_ids = {}};
        row.happens(world, *run.found);
        const auto seen = job::survey(world.vsphere, run);
        CHECK(seen.source.ref == world.vsphere.vm("avocado2").ref);
        CHECK(seen.target.folder.id == "group-v-2");
        CHECK((world.vsphere.calls.find("vm_names") != std::string::npos) == row.is_looked_for);
    }
}
