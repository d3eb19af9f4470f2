// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/guards.hpp"

#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate::rotation;
using namespace std::chrono_literals;

namespace {

using Kind = MarkReading::Kind;
using D = Deletion;
using G = Guard;

Mark& mark(Deletion& deletion)
{
    return deletion.victim.mark.mark;
}

void spoil(Deletion& deletion, Kind kind, const std::string& problem)
{
    deletion.victim.mark.kind = kind;
    deletion.victim.mark.problem = problem;
}

/// Generation 4 of 5 in a set that keeps 3: nothing speaks against its deletion.
Deletion expiry()
{
    Deletion d;
    d.set = {"uuid-avocado2", "default", {"zz_", "avocado2"}, "group-v7", "datastore-2"};
    VmFacts& vm = d.victim;
    vm.id = "vm-4";
    vm.name = "zz_avocado2-02-201909250241";
    vm.instance_uuid = "uuid-4";
    vm.folder_id = "group-v7";
    vm.vmx = "[NFS_durian] zz_avocado2-02-201909250241/zz_avocado2-02-201909250241.vmx";
    vm.disks = {{"[NFS_durian] zz_avocado2-02-201909250241/a.vmdk", "datastore-2"},
                {"[NFS_durian] zz_avocado2-02-201909250241/b.vmdk", "datastore-2"}};
    vm.mark.kind = Kind::whole;
    mark(d) = {State::complete,
               "run-4",
               "lock-4",
               "default",
               4,
               2,
               d.set.stem,
               "uuid-avocado2",
               "avocado2",
               Time{1569372067s},
               false,
               {},
               {},
               "uuid-4",
               ""};
    mark(d).disks = {{"scsi0:0", 40}, {"scsi0:1", 10}};
    d.sources = {"avocado2", "avocado20", "tomato"};
    d.newest_verified_seq = 5;
    d.good_left = d.keep = 3;
    d.now = mark(d).taken + 24h;
    return d;
}

/// The clone of run-4 that was never finished: nothing speaks against its deletion.
Deletion unfinished()
{
    Deletion d = expiry();
    mark(d).state = State::copying;
    mark(d).self.clear();
    d.unfinished_run = "run-4";
    d.clones_of_that_run = 1;
    d.newest_verified_seq = d.good_left = 0;
    return d;
}

struct Case {
    std::string name;
    Guard guard;
    std::string sentence;
    void (*breaks)(Deletion&);
};

std::string text_of(const Deletion& deletion)
{
    std::string text;
    for (const Objection& objection : objections(deletion))
        text += (text.empty() ? "" : "; ") + objection.sentence;
    return text;
}

void check(const Deletion& good, const std::vector<Case>& cases)
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        Deletion broken = good;
        c.breaks(broken);
        CHECK(text_of(broken) == c.sentence);
        const auto found = objections(broken);
        CHECK((found.size() == 1 && found.front().guard == c.guard));
    }
}

const std::string copied = "its mark belongs to another VM: it is a copy";
const std::string stranger = "it belongs to another source or set";
const std::string renamed = "its name is not the one it was given";
const std::string moved = "it stands in another folder";
const std::string a_source = "it is itself a VM that is backed up";
const std::string no_newer = "no newer generation was committed or verified in this run";
const std::string changed = "it has more or fewer disks than when it was made";
const DiskFacts more{"[NFS_durian] zz_avocado2-02-201909250241/c.vmdk", "datastore-2"};
const std::string skewed = "the clocks here and at the server differ by more than an hour";
const std::string elsewhere =
    "its disk '[NFS_durian] zz_avocado2-02-201909250241/b.vmdk' is not on the backup datastore";

const std::vector<Case> expiries = {
    {"unreadable", G::readable, "its configuration cannot be read",
     [](D& d) { d.victim.readable = false; }},
    {"no mark", G::mark_whole, "it carries no mark of ours",
     [](D& d) { spoil(d, Kind::none, ""); }},
    {"another version", G::mark_whole, "its mark is of version '2'",
     [](D& d) { spoil(d, Kind::other_version, "its mark is of version '2'"); }},
    {"damaged", G::mark_whole, "its mark is damaged: x",
     [](D& d) { spoil(d, Kind::damaged, "its mark is damaged: x"); }},
    {"a copy", G::self, copied, [](D& d) { d.victim.instance_uuid = "uuid-9"; }},
    {"no self", G::self, copied, [](D& d) { mark(d).self.clear(); }},
    {"copying", G::state, "it was never finished", [](D& d) { mark(d).state = State::copying; }},
    {"another source", G::same_set, stranger, [](D& d) { mark(d).source_uuid = "uuid-avocado20"; }},
    {"no source on either side", G::same_set, stranger,
     [](D& d) { mark(d).source_uuid = d.set.source_uuid = ""; }},
    {"another set", G::same_set, stranger, [](D& d) { mark(d).set = "weekly"; }},
    {"renamed", G::name, renamed, [](D& d) { d.victim.name = "avocado2-test"; }},
    {"a twin's name", G::name, renamed,
     [](D& d) { d.victim.name = "zz_avocado20-02-201909250241"; }},
    {"renamed to another slot", G::name, renamed,
     [](D& d) { d.victim.name = "zz_avocado2-03-201909250241"; }},
    {"moved", G::folder, moved, [](D& d) { d.victim.folder_id = "group-v70"; }},
    {"no folder on either side", G::folder, moved,
     [](D& d) { d.victim.folder_id = d.set.folder_id = ""; }},
    {"its name is that of a source", G::not_a_source, a_source,
     [](D& d) { d.sources.push_back(d.victim.name); }},
    {"it is the source", G::not_a_source, a_source,
     [](D& d) { d.set.source_uuid = mark(d).source_uuid = "uuid-4"; }},
    {"a disk elsewhere", G::disks_here, elsewhere,
     [](D& d) { d.victim.disks[1].datastore_id = "datastore-20"; }},
    {"a disk elsewhere, though this run made it", G::disks_here, elsewhere,
     [](D& d) { d.made_here = true, d.victim.disks[1].datastore_id = "datastore-20"; }},
    {"a disk of another VM's folder", G::disks_here,
     "its disk '[NFS_durian] tomato/tomato.vmdk' is not in its own folder",
     [](D& d) { d.victim.disks[1].file = "[NFS_durian] tomato/tomato.vmdk"; }},
    {"a folder of the same name on another datastore", G::disks_here,
     "its disk '[NFS_durian] zz_avocado2-02-201909250241/a.vmdk' is not in its own folder",
     [](D& d) { d.victim.vmx[1] = 'M'; }},
    {"a delta disk", G::no_parent_disk, "one of its disks depends on another file",
     [](D& d) { d.victim.disks[1].has_parent = true; }},
    {"a disk more", G::disks_as_made, changed, [](D& d) { d.victim.disks.push_back(more); }},
    {"a disk less", G::disks_as_made, changed, [](D& d) { d.victim.disks.pop_back(); }},
    {"disks that were not told", G::disks_as_made, changed, [](D& d) { d.victim.disks.clear(); }},
    {"a shared disk", G::disks_unshared, "'tomato' uses one of its disks",
     [](D& d) { d.disk_users.push_back("tomato"); }},
    {"running", G::powered_off, "it is powered on", [](D& d) { d.victim.power = Power::on; }},
    {"suspended", G::powered_off, "it is suspended",
     [](D& d) { d.victim.power = Power::suspended; }},
    {"a template", G::not_a_template, "it was made a template",
     [](D& d) { d.victim.is_template = true; }},
    {"a snapshot", G::no_snapshot, "it has a snapshot", [](D& d) { d.victim.has_snapshot = true; }},
    {"busy", G::not_busy, "a task is at work on it", [](D& d) { d.victim.is_busy = true; }},
    {"pinned", G::not_pinned, "it is pinned", [](D& d) { mark(d).pinned = "audit"; }},
    {"another one runs", G::set_not_in_use, "'zz_x' of the same set is in use",
     [](D& d) { d.generation_in_use = "zz_x"; }},
    {"no newer one", G::newer_one, no_newer, [](D& d) { d.newest_verified_seq = 0; }},
    {"it is the newest itself", G::newer_one, no_newer, [](D& d) { d.newest_verified_seq = 4; }},
    {"too few left", G::enough_left, "only 2 good generations would be left of 3",
     [](D& d) { d.good_left = 2; }},
    {"the last one", G::enough_left, "only 0 good generations would be left of 1",
     [](D& d) { d.good_left = 0, d.keep = 1; }},
    {"a second too young", G::old_enough, "it is younger than min_age",
     [](D& d) { d.min_age = 24h + 1s; }},
    {"the third", G::brake, "2 were deleted in this run", [](D& d) { d.deleted_before = 2; }},
    {"the first, where none may go", G::brake, "0 were deleted in this run",
     [](D& d) { d.brake = 0; }},
    {"half a listing", G::listing_whole, "'zz_x', which may belong to the set, cannot be read",
     [](D& d) { d.unread = "zz_x"; }},
    {"we are behind", G::clock, skewed, [](D& d) { d.clock_skew = -1h - 1s; }},
    {"we are ahead", G::clock, skewed, [](D& d) { d.clock_skew = 1h + 1s; }},
};

const std::vector<Case> unfinished_ones = {
    {"a disk more than its run copies", G::disks_as_made, changed,
     [](D& d) { d.victim.disks.push_back(more); }},
    {"a self", G::self, "its mark names a VM although it was never finished",
     [](D& d) { mark(d).self = "uuid-4"; }},
    {"complete", G::state, "it is complete", [](D& d) { mark(d).state = State::complete; }},
    {"another run's", G::dead_run, "it was made by another run",
     [](D& d) { d.unfinished_run = "run-5"; }},
    {"copied by hand", G::dead_run, "several VMs carry the mark of its run",
     [](D& d) { d.clones_of_that_run = 2; }},
    {"a disk elsewhere, and no proof that this run made it", G::disks_here, elsewhere,
     [](D& d) { d.victim.disks[1].datastore_id = "datastore-1"; }},
    {"a foreign disk, though this run made it", G::disks_here,
     "its disk '[x] y/z.vmdk' is not in its own folder",
     [](D& d) { d.made_here = true, d.victim.disks[0].file = "[x] y/z.vmdk"; }},
};

}  // namespace

TEST_CASE("guards: a generation that is due may go, and so may a clone of a dead run")
{
    CHECK(text_of(expiry()) == "");
    CHECK(text_of(unfinished()) == "");
}

TEST_CASE("guards: one wrong fact is enough, and is named")
{
    check(expiry(), expiries);
    check(unfinished(), unfinished_ones);
}

TEST_CASE("guards: a clone of a dead run passes no guard for less, but those of the ring")
{
    for (const Case& c : expiries) {
        INFO("case: ", c.name);
        Deletion broken = unfinished();
        c.breaks(broken);
        const bool of_the_ring = c.guard >= Guard::set_not_in_use && c.guard <= Guard::brake;
        const bool of_its_end = c.guard == Guard::self || c.guard == Guard::state;
        const bool is_short = broken.victim.disks.size() < mark(broken).disks.size();
        if (of_the_ring || broken.made_here || is_short)  // its own disks may lie anywhere
            CHECK(text_of(broken) == "");
        else if (!of_its_end)
            CHECK(text_of(broken) == c.sentence);
    }
}

TEST_CASE("guards: every guard has a row that it alone refuses")
{
    std::set<Guard> refused;
    for (const auto* cases : {&expiries, &unfinished_ones})
        for (const Case& c : *cases)
            refused.insert(c.guard);
    CHECK(refused.size() == static_cast<std::size_t>(Guard::clock) + 1);
}

TEST_CASE("guards: at their very limits they let pass")
{
    const std::vector<void (*)(Deletion&)> cases = {
        [](D& d) { d.min_age = 24h; },
        [](D& d) { d.min_age = -1h, d.now = Time{}; },
        [](D& d) { d.deleted_before = 1, d.clock_skew = 1h - 1s; },
        [](D& d) { d.clock_skew = 1s - 1h; },
        [](D& d) { d.keep = 0, d.good_left = 1; },
        [](D& d) { d.sources.push_back("zz_avocado2-02"); },
        [](D& d) { d.victim.disks.clear(), mark(d).disks.clear(); },
    };
    for (const auto change : cases) {
        Deletion deletion = expiry();
        change(deletion);
        CHECK(text_of(deletion) == "");
    }
    Deletion mine = unfinished();
    mine.made_here = true;
    mine.victim.disks[0].datastore_id = "datastore-1";
    CHECK(text_of(mine) == "");
}

TEST_CASE("guards: after its source was renamed a generation may still go, by its own mark's name")
{
    Deletion deletion = expiry();
    deletion.set.stem = {"zz_", "avocado2-renamed"};
    CHECK(text_of(deletion).empty());
}

TEST_CASE("guards: what was never read is no proof of anything")
{
    const auto first_guard = [](const Deletion& deletion) {
        const auto found = objections(deletion);
        return found.empty() ? -1 : static_cast<int>(found.front().guard);
    };
    CHECK_FALSE(objections({}).empty());

    Deletion keeps_nothing = expiry();  // never the last one, even where none is to be kept
    keeps_nothing.keep = keeps_nothing.good_left = 0;
    CHECK(first_guard(keeps_nothing) == static_cast<int>(Guard::enough_left));

    for (const auto kind : {Kind::damaged, Kind::other_version}) {
        Deletion unexplained = expiry();
        spoil(unexplained, kind, "");
        CHECK(first_guard(unexplained) == static_cast<int>(Guard::mark_whole));
    }

    Deletion nowhere = expiry();
    nowhere.set.datastore_id.clear();
    for (DiskFacts& disk : nowhere.victim.disks)
        disk.datastore_id.clear();
    CHECK(first_guard(nowhere) == static_cast<int>(Guard::disks_here));
}

TEST_CASE("guards: a copy, a renamed, a moved and a running one are each somebody else's")
{
    Deletion d = expiry();
    d.victim.instance_uuid = "uuid-9";
    CHECK(text_of(d) == copied);
    d.victim.name = "avocado2-test";
    CHECK(text_of(d) == copied + "; " + renamed);
    d.victim.folder_id = "group-v1";
    CHECK(text_of(d) == copied + "; " + renamed + "; " + moved);
    d.victim.power = Power::on;
    CHECK(text_of(d) == copied + "; " + renamed + "; " + moved + "; it is powered on");
}

TEST_CASE("guards: of two wrong facts both are named, in the order of the guards")
{
    for (const Case& c : expiries) {
        if (c.guard == Guard::powered_off)
            continue;
        INFO("case: ", c.name);
        Deletion broken = expiry();
        c.breaks(broken);
        broken.victim.power = Power::on;
        const bool first = c.guard < Guard::powered_off;
        CHECK(text_of(broken) ==
              (first ? c.sentence + "; it is powered on" : "it is powered on; " + c.sentence));
    }
}
