// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/pin.hpp"

#include <functional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"
#include "job/note_text.hpp"

using namespace vmrotate;
using Kind = vimclient::Fault::Kind;
using Lost = FakeVsphere::Lost;

namespace {

const std::string name = "zz_avocado2-01-201909240241";

struct Case {
    std::string name;
    std::function<void(World&)> before;
    std::string reason;  ///< "-" takes the pin off
    std::string pinned;  ///< afterwards
    std::string changes, error;
};

void nothing(World&)
{
}

std::function<void(World&)> pinned_for(const std::string& reason)
{
    return [reason](World& world) { world.vsphere.vm(name).mark["vmrotate.pinned"] = reason; };
}

const std::string set_audit = "reconfigure " + name + " vmrotate.pinned=audit\n";

const std::vector<Case> cases = {
    {"a generation", nothing, "audit", "audit", set_audit, ""},
    {"without a reason the usual one is taken", nothing, "", "by me",
     "reconfigure " + name + " vmrotate.pinned=by me\n", ""},
    {"pinned already, for this reason", pinned_for("audit"), "audit", "audit", "", ""},
    {"pinned already, and no reason is given: the old one stays", pinned_for("audit"), "", "audit",
     "", ""},
    {"pinned for another reason: it is replaced", pinned_for("old"), "audit", "audit", set_audit,
     ""},
    {"unpinned", pinned_for("audit"), "-", "", "reconfigure " + name + " vmrotate.pinned=\n", ""},
    {"unpinned already", nothing, "-", "", "", ""},
    {"in use, or with a snapshot: it is a generation all the same",
     [](World& world) {
         world.vsphere.vm(name).power = vimclient::Power::on;
         world.vsphere.add_snapshot(world.vsphere.vm(name), "mine");
     },
     "audit", "audit", set_audit, ""},

    {"its mark is another VM's", [](World& world) { world.vsphere.vm(name).instance_uuid = "new"; },
     "audit", "", "",
     "refused: cannot pin it: it is a copy of a generation: its mark belongs to another VM"},
    {"no mark", [](World& world) { world.vsphere.vm(name).mark.clear(); }, "audit", "", "",
     "refused: cannot pin it: it carries no mark: it is no generation"},
    {"a damaged mark", [](World& world) { world.vsphere.vm(name).mark.erase("vmrotate.seq"); },
     "audit", "", "", "refused: cannot pin it: its mark is damaged: 'vmrotate.seq' is missing"},
    {"never finished",
     [](World& world) {
         auto mark = world.mark(1, 1, 1);
         mark.state = rotation::State::copying;
         World::set_mark(world.vsphere.vm(name), mark);
     },
     "audit", "", "", "refused: cannot pin it: it is a copy that was never finished"},
    {"unreadable", [](World& world) { world.vsphere.vm(name).readable = false; }, "audit", "", "",
     "refused: cannot pin it: its configuration cannot be read"},
    {"no such VM", [](World& world) { world.vsphere.vm(name).ref.name += "1"; }, "audit", "", "",
     "failed: cannot find it: no VM has exactly this name"},

    {"a lost reply, and it is done",
     [](World& world) { world.vsphere.lose("reconfigure", 1, Lost::executed); }, "audit", "audit",
     set_audit, ""},
    {"a lost reply, and it is not done: sent once more",
     [](World& world) { world.vsphere.lose("reconfigure", 1, Lost::not_executed); }, "audit",
     "audit", set_audit + set_audit, ""},
    {"lost twice: given up",
     [](World& world) {
         world.vsphere.lose("reconfigure", 1, Lost::not_executed);
         world.vsphere.lose("reconfigure", 2, Lost::not_executed);
     },
     "audit", "", set_audit + set_audit,
     "unreachable: cannot tell whether vCenter could pin it: the reply was lost"},
    {"refused by the server",
     [](World& world) {
         world.vsphere.fail("reconfigure", 1, {Kind::privilege, "No.", "NoPermission"});
     },
     "audit", "", set_audit, "privilege: cannot pin it: No. (NoPermission)"},
    {"unreadable after a lost reply",
     [](World& world) {
         world.vsphere.lose("reconfigure", 1, Lost::executed);
         world.vsphere.fail("read_vms", 2, {Kind::unreachable, "no answer"});
     },
     "audit", "audit", set_audit, "unreachable: cannot read the VM: no answer"},
};

void carry_out(World& world, const std::string& reason)
{
    const auto pinning = reason == "-" ? job::plan_unpin(world.vsphere, name)
                                       : job::plan_pin(world.vsphere, name, reason, "by me");
    job::carry_out(world.vsphere, world.run(), pinning);
}

}  // namespace

TEST_CASE("pin and unpin: what is sent, and what stands there")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        World world;
        world.add_generation(1, 1, 1);
        auto& vm = world.vsphere.vm(name);
        c.before(world);
        CHECK(told([&] { carry_out(world, c.reason); }) == c.error);
        const auto pinned = vm.mark.find("vmrotate.pinned");
        CHECK((pinned == vm.mark.end() ? "" : pinned->second) == c.pinned);
        CHECK(world.vsphere.changes == c.changes);
        CHECK(world.vsphere.missed() == "");
    }
}

TEST_CASE("pin: only looking changes nothing")
{
    World world;
    world.add_generation(1, 1, 1);
    CHECK(job::plan_pin(world.vsphere, name, "audit", "").is_change());
    CHECK_FALSE(job::plan_unpin(world.vsphere, name).is_change());
    CHECK(world.vsphere.changes == "");
}

TEST_CASE("pin: reasons that can be written, and those that cannot")
{
    const std::vector<std::pair<std::string, std::string>> rows = {
        {"before the upgrade", ""},
        {"\"quotes\" & <tags> = fine", ""},
        {"日本語", ""},
        {std::string(200, 'x'), ""},
        {std::string(201, 'x'), "the reason has 201 characters, 200 are allowed"},
        {"", "the reason is empty"},
        {"   ", "the reason is empty"},
        {"two\nlines", "the reason has a control character or a line break in it"},
        {"\x1b[2J", "the reason has a control character or a line break in it"},
        {"\xff\xfe", "the reason is not UTF-8"},
    };
    for (const auto& [reason, problem] : rows)
        CHECK(job::problem_of_reason(reason) == problem);
    World world;
    world.add_generation(1, 1, 1);
    CHECK(told([&] { job::plan_pin(world.vsphere, name, "a\nb", ""); }) ==
          "usage: cannot pin it: the reason has a control character or a line break in it");
}

TEST_CASE("with_pin: one line at the top of the note, and no other")
{
    const std::string line = "PINNED by vmrotate, it does not expire: ";
    CHECK(job::with_pin("", "audit") == line + "audit");
    CHECK(job::with_pin("a\nb", "audit") == line + "audit\na\nb");
    CHECK(job::with_pin(line + "old\na\nb", "audit") == line + "audit\na\nb");
    CHECK(job::with_pin(line + "old\na\nb", "") == "a\nb");
    CHECK(job::with_pin(line + "old", "") == "");
    CHECK(job::with_pin("a\nb", "") == "a\nb");
}

TEST_CASE("with_other_mark: the text of one mark gives way to that of another")
{
    World world;
    const auto from = world.mark(2, 1, 1);
    auto to = from;
    to.seq = 7;
    const std::string note = job::with_pin(job::finished_note(from, "the source's"), "audit");
    const std::string changed = job::with_pin(job::finished_note(to, "the source's"), "audit");
    CHECK(job::with_other_mark(note, from, to) == changed);
    CHECK(job::with_other_mark("somebody's own", from, to) == "somebody's own");
}
