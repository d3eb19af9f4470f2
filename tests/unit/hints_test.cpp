// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/hints.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/prepare.hpp"

using namespace vmrotate;
namespace fs = std::filesystem;

namespace {

class KnownHints final : public job::Hints {
public:
    std::map<std::string, job::Hint> known;

    std::optional<job::Hint> find(const std::string& name) const override
    {
        const auto found = known.find(name);
        return found == known.end() ? std::nullopt : std::optional(found->second);
    }
    void keep(const std::string& name, const job::Hint& hint) override { known[name] = hint; }
};

const std::string listed = "vm_names\n";

struct HintCase {
    std::string name;
    std::function<void(World&, job::Hint&)> arrange;  ///< since the hint was kept
    bool is_listed;                                   ///< all names are asked for
    std::string found;                                ///< the source's id, or what is told
};

const std::vector<HintCase> hint_cases = {
    {"one that fits saves the listing", [](World&, job::Hint&) {}, false, "vm-1"},
    {"a namesake that came later is not taken for it",
     [](World& world, job::Hint&) { world.vsphere.add_vm("avocado2", "backup"); }, false, "vm-1"},
    {"a VM that was renamed is looked for again",
     [](World& world, job::Hint&) {
         world.source().ref.name = "was_avocado2";
         world.vsphere.add_vm("avocado2");
     },
     true, "vm-5"},
    {"one that was made anew under its name has another id",
     [](World& world, job::Hint& hint) {
         hint.vm_id = "vm-99";
         world.source().instance_uuid = "another";
     },
     true, "vm-1"},
    {"an id that is another VM's now is not believed",
     [](World&, job::Hint& hint) { hint.instance_uuid = "another"; }, true, "vm-1"},
    {"a folder that is gone costs a reading",
     [](World&, job::Hint& hint) { hint.folder_id = "group-99"; }, true, "vm-1"},
    {"a host that is gone costs a reading",
     [](World&, job::Hint& hint) { hint.host_ids = {"host-99"}; }, false, "vm-1"},
    {"two of that name, and a hint of neither",
     [](World& world, job::Hint& hint) {
         world.vsphere.add_vm("avocado2", "backup");
         hint.vm_id = "vm-99";
     },
     true,
     "failed: cannot tell which one is meant: 2 VMs have this name: /DC/vm/avocado2, "
     "/DC/vm/backup/avocado2"},
};

struct Scratch {
    Scratch()
    {
        std::string name = (fs::temp_directory_path() / "hints_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
    }
    ~Scratch() { fs::remove_all(folder); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    std::unique_ptr<job::Hints> open(const std::string& vcenter = "6f1b9ff6-0000")
    {
        return state::open_hints(folder, vcenter,
                                 [this](const std::string& why) { complaints += why + "\n"; });
    }

    fs::path folder;
    std::string complaints;
};

const job::Hint hint{"vm-42", "5012aabb", "group-v7", {"host-9", "host-12"}};

}  // namespace

TEST_CASE("survey: a hint is believed as long as id, name and instanceUuid belong together")
{
    for (const HintCase& c : hint_cases) {
        CAPTURE(c.name);
        World world;
        world.add_three();
        KnownHints hints;
        auto run = world.run();
        run.hints = &hints;
        const auto before = job::survey(world.vsphere, run);
        REQUIRE(hints.known.contains("avocado2"));
        c.arrange(world, hints.known["avocado2"]);
        world.vsphere.reads.clear();
        std::string found;
        const auto problem = told([&] { found = job::survey(world.vsphere, run).source.ref.id; });
        CHECK(found + problem == c.found);
        CHECK((world.vsphere.reads.find(listed) != std::string::npos) == c.is_listed);
        if (problem.empty())
            CHECK(hints.known["avocado2"].vm_id == found);
    }
}

TEST_CASE("survey: with a hint it sees what it sees without one")
{
    World world;
    world.add_three();
    KnownHints hints;
    auto run = world.run();
    const auto plain = job::survey(world.vsphere, run);
    run.hints = &hints;
    job::survey(world.vsphere, run);
    const auto hinted = job::survey(world.vsphere, run);
    CHECK(hinted.set == plain.set);
    CHECK(hinted.newest_used == plain.newest_used);
    CHECK(hinted.place.path == plain.place.path);
    CHECK(hinted.target.folder.id == plain.target.folder.id);
    CHECK(hinted.target.datastore.id == plain.target.datastore.id);
    CHECK(hinted.server_time == plain.server_time);
    CHECK(plain.hosts.empty());
    CHECK(hinted.hosts.size() == 2);
}

TEST_CASE("hints: what is kept is there for the next run, by vCenter")
{
    Scratch scratch;
    {
        const auto hints = scratch.open();
        CHECK(!hints->find("avocado2"));
        hints->keep("avocado2", hint);
        CHECK(hints->find("avocado2") == hint);
    }
    CHECK(scratch.open()->find("avocado2") == hint);
    CHECK(!scratch.open()->find("avocado20"));
    CHECK(!scratch.open("another")->find("avocado2"));
    struct stat status {};
    REQUIRE(::stat((scratch.folder / "hints-6f1b9ff6-0000.json").c_str(), &status) == 0);
    CHECK((status.st_mode & 0777) == 0600);
    CHECK(scratch.complaints.empty());
}

TEST_CASE("hints: a file that is none, or none of ours, is as good as an empty one")
{
    for (const std::string content :
         {"", "{", "null", "[]", "{\"format\": 2}", "{\"format\": 1, \"vms\": {\"avocado2\": 7}}",
          "{\"format\": 1, \"vms\": {\"avocado2\": {\"vm\": 1, \"uuid\": \"\", \"folder\": \"\", "
          "\"hosts\": []}}}"}) {
        CAPTURE(content);
        Scratch scratch;
        std::ofstream(scratch.folder / "hints-6f1b9ff6-0000.json") << content;
        CHECK(!scratch.open()->find("avocado2"));
        scratch.open()->keep("avocado2", hint);
        CHECK(scratch.open()->find("avocado2") == hint);
        CHECK(scratch.complaints.empty());
    }
}

TEST_CASE("hints: a folder that cannot be written costs a complaint and nothing else")
{
    Scratch scratch;
    std::ofstream(scratch.folder / "file") << "in the way";
    {
        const auto hints =
            state::open_hints(scratch.folder / "file", "vc",
                              [&](const std::string& why) { scratch.complaints += why + "\n"; });
        hints->keep("avocado2", hint);
        CHECK(hints->find("avocado2") == hint);
    }
    CHECK(scratch.complaints.find("hints-vc.json") != std::string::npos);
}

TEST_CASE("hints: nothing is written where nothing was kept, nor outside of the folder")
{
    Scratch scratch;
    scratch.open()->find("avocado2");
    CHECK(fs::is_empty(scratch.folder));
    scratch.open("../up/../../etc")->keep("avocado2", hint);
    CHECK(fs::exists(scratch.folder / "hints-_2e_2e_2fup_2f_2e_2e_2f_2e_2e_2fetc.json"));
}
