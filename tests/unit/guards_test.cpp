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
                {"[NFS_durian] zz_avocado2-02-201909250241/a_1.vmdk", "datastore-2"}};
    vm.mark.kind = MarkReading::Kind::whole;
    Mark& mark = vm.mark.mark;
    mark.state = State::complete;
    mark.run = "run-4";
    mark.set = "default";
    mark.seq = 4;
    mark.slot = 2;
    mark.stem = d.set.stem;
    mark.source_uuid = "uuid-avocado2";
    mark.source_name = "avocado2";
    mark.taken = Time{1569372067s};
    mark.self = "uuid-4";
    d.sources = {"avocado2", "avocado20", "tomato"};
    d.newest_verified_seq = 5;
    d.good_left = 3;
    d.keep = 3;
    d.now = mark.taken + 24h;
    return d;
}

/// The clone of run-4 that was never finished: nothing speaks against its deletion.
Deletion unfinished()
{
    Deletion d = expiry();
    d.victim.mark.mark.state = State::copying;
    d.victim.mark.mark.self.clear();
    d.unfinished_run = "run-4";
    d.clones_of_that_run = 1;
    d.newest_verified_seq = 0;
    d.good_left = 0;
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
const std::string skewed = "the clocks here and at the server differ by more than an hour";

const std::vector<Case> expiries = {
    {"unreadable", Guard::readable, "its configuration cannot be read",
     [](Deletion& d) { d.victim.readable = false; }},
    {"no mark", Guard::mark_whole, "it carries no mark of ours",
     [](Deletion& d) { d.victim.mark.kind = MarkReading::Kind::none; }},
    {"another version", Guard::mark_whole, "its mark is of version '2'",
     [](Deletion& d) {
         d.victim.mark.kind = MarkReading::Kind::other_version;
         d.victim.mark.problem = "its mark is of version '2'";
     }},
    {"damaged", Guard::mark_whole, "its mark is damaged: x",
     [](Deletion& d) {
         d.victim.mark.kind = MarkReading::Kind::damaged;
         d.victim.mark.problem = "its mark is damaged: x";
     }},
    {"a copy", Guard::self, copied, [](Deletion& d) { d.victim.instance_uuid = "uuid-9"; }},
    {"no self", Guard::self, copied, [](Deletion& d) { d.victim.mark.mark.self.clear(); }},
    {"neither self nor uuid", Guard::self, copied,
     [](Deletion& d) { d.victim.mark.mark.self = d.victim.instance_uuid = ""; }},
    {"copying", Guard::state, "it was never finished",
     [](Deletion& d) { d.victim.mark.mark.state = State::copying; }},
    {"another source", Guard::same_set, stranger,
     [](Deletion& d) { d.victim.mark.mark.source_uuid = "uuid-avocado20"; }},
    {"no source on either side", Guard::same_set, stranger,
     [](Deletion& d) { d.victim.mark.mark.source_uuid = d.set.source_uuid = ""; }},
    {"another set", Guard::same_set, stranger,
     [](Deletion& d) { d.victim.mark.mark.set = "weekly"; }},
    {"a set with another prefix", Guard::same_set, stranger,
     [](Deletion& d) { d.set.stem.prefix = "zw_"; }},
    {"a set with another stem", Guard::same_set, stranger,
     [](Deletion& d) { d.set.stem.name = "avocado20"; }},
    {"renamed", Guard::name, renamed, [](Deletion& d) { d.victim.name = "avocado2-test"; }},
    {"renamed to a twin's", Guard::name, renamed,
     [](Deletion& d) { d.victim.name = "zz_avocado20-02-201909250241"; }},
    {"renamed to another slot", Guard::name, renamed,
     [](Deletion& d) { d.victim.name = "zz_avocado2-03-201909250241"; }},
    {"renamed by a word", Guard::name, renamed, [](Deletion& d) { d.victim.name += " keep"; }},
    {"moved", Guard::folder, moved, [](Deletion& d) { d.victim.folder_id = "group-v70"; }},
    {"no folder on either side", Guard::folder, moved,
     [](Deletion& d) { d.victim.folder_id = d.set.folder_id = ""; }},
    {"its name is that of a source", Guard::not_a_source, a_source,
     [](Deletion& d) { d.sources.push_back(d.victim.name); }},
    {"it is the source", Guard::not_a_source, a_source,
     [](Deletion& d) { d.set.source_uuid = d.victim.mark.mark.source_uuid = "uuid-4"; }},
    {"a disk elsewhere", Guard::disks_here,
     "its disk '[NFS_durian] zz_avocado2-02-201909250241/a_1.vmdk' is not on the backup datastore",
     [](Deletion& d) { d.victim.disks[1].datastore_id = "datastore-20"; }},
    {"a disk elsewhere, though this run made it", Guard::disks_here,
     "its disk '[NFS_durian] zz_avocado2-02-201909250241/a_1.vmdk' is not on the backup datastore",
     [](Deletion& d) { d.made_here = true, d.victim.disks[1].datastore_id = "datastore-20"; }},
    {"a disk of another VM's folder", Guard::disks_here,
     "its disk '[NFS_durian] tomato/tomato.vmdk' is not in its own folder",
     [](Deletion& d) { d.victim.disks[1].file = "[NFS_durian] tomato/tomato.vmdk"; }},
    {"a disk in a folder below", Guard::disks_here,
     "its disk '[d] a/b/x.vmdk' is not in its own folder",
     [](Deletion& d) {
         d.victim.vmx = "[d] a/x.vmx", d.victim.disks = {{"[d] a/b/x.vmdk", "datastore-2"}};
     }},
    {"a folder of the same name on another datastore", Guard::disks_here,
     "its disk '[d] a/x.vmdk' is not in its own folder",
     [](Deletion& d) {
         d.victim.vmx = "[e] a/x.vmx", d.victim.disks = {{"[d] a/x.vmdk", "datastore-2"}};
     }},
    {"a delta disk", Guard::no_parent_disk, "one of its disks depends on another file",
     [](Deletion& d) { d.victim.disks[1].has_parent = true; }},
    {"a shared disk", Guard::disks_unshared, "'tomato' uses one of its disks",
     [](Deletion& d) {
         d.disk_users = {"tomato", "onion"};
     }},
    {"running", Guard::powered_off, "it is powered on",
     [](Deletion& d) { d.victim.power = Power::on; }},
    {"suspended", Guard::powered_off, "it is suspended",
     [](Deletion& d) { d.victim.power = Power::suspended; }},
    {"a template", Guard::not_a_template, "it was made a template",
     [](Deletion& d) { d.victim.is_template = true; }},
    {"a snapshot", Guard::no_snapshot, "it has a snapshot",
     [](Deletion& d) { d.victim.has_snapshot = true; }},
    {"busy", Guard::not_busy, "a task is at work on it",
     [](Deletion& d) { d.victim.is_busy = true; }},
    {"pinned", Guard::not_pinned, "it is pinned",
     [](Deletion& d) { d.victim.mark.mark.pinned = "audit"; }},
    {"another one runs", Guard::set_not_in_use, "'zz_x' of the same set is in use",
     [](Deletion& d) { d.generation_in_use = "zz_x"; }},
    {"no newer one", Guard::newer_one, no_newer, [](Deletion& d) { d.newest_verified_seq = 0; }},
    {"an older one", Guard::newer_one, no_newer, [](Deletion& d) { d.newest_verified_seq = 3; }},
    {"it is the newest itself", Guard::newer_one, no_newer,
     [](Deletion& d) { d.newest_verified_seq = 4; }},
    {"too few left", Guard::enough_left, "only 2 good generations would be left of 3",
     [](Deletion& d) { d.good_left = 2; }},
    {"the last one", Guard::enough_left, "only 0 good generations would be left of 1",
     [](Deletion& d) { d.good_left = 0, d.keep = 1; }},
    {"a second too young", Guard::old_enough, "it is younger than min_age",
     [](Deletion& d) { d.min_age = 24h + 1s; }},
    {"the third", Guard::brake, "2 were deleted in this run",
     [](Deletion& d) { d.deleted_before = 2; }},
    {"the first, where none may go", Guard::brake, "0 were deleted in this run",
     [](Deletion& d) { d.brake = 0; }},
    {"half a listing", Guard::listing_whole, "'zz_x', which may belong to the set, cannot be read",
     [](Deletion& d) { d.unread = "zz_x"; }},
    {"we are behind", Guard::clock, skewed, [](Deletion& d) { d.clock_skew = -1h - 1s; }},
    {"we are ahead", Guard::clock, skewed, [](Deletion& d) { d.clock_skew = 1h + 1s; }},
};

const std::vector<Case> unfinished_ones = {
    {"a self", Guard::self, "its mark names a VM although it was never finished",
     [](Deletion& d) { d.victim.mark.mark.self = "uuid-4"; }},
    {"complete", Guard::state, "it is complete",
     [](Deletion& d) { d.victim.mark.mark.state = State::complete; }},
    {"another run's", Guard::dead_run, "it was made by another run",
     [](Deletion& d) { d.unfinished_run = "run-5"; }},
    {"copied by hand", Guard::dead_run, "several VMs carry the mark of its run",
     [](Deletion& d) { d.clones_of_that_run = 2; }},
    {"not counted", Guard::dead_run, "several VMs carry the mark of its run",
     [](Deletion& d) { d.clones_of_that_run = 0; }},
    {"a disk elsewhere, and no proof that this run made it", Guard::disks_here,
     "its disk '[NFS_durian] zz_avocado2-02-201909250241/a.vmdk' is not on the backup datastore",
     [](Deletion& d) { d.victim.disks[0].datastore_id = "datastore-1"; }},
    {"a foreign disk, though this run made it", Guard::disks_here,
     "its disk '[x] y/z.vmdk' is not in its own folder",
     [](Deletion& d) {
         d.made_here = true, d.victim.disks[0] = {"[x] y/z.vmdk", "datastore-1"};
     }},
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
        const bool made_here = broken.made_here;  // its disks may lie anywhere
        if (of_the_ring || made_here)
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
    for (int guard = 0; guard <= static_cast<int>(Guard::clock); ++guard) {
        INFO("guard: ", guard);
        CHECK(refused.contains(static_cast<Guard>(guard)));
    }
}

TEST_CASE("guards: at their very limits they let pass")
{
    const std::vector<void (*)(Deletion&)> cases = {
        [](Deletion& d) { d.min_age = 24h; },
        [](Deletion& d) { d.min_age = -1h, d.now = Time{}; },
        [](Deletion& d) { d.deleted_before = 1; },
        [](Deletion& d) { d.clock_skew = 1h - 1s; },
        [](Deletion& d) { d.clock_skew = 1s - 1h; },
        [](Deletion& d) { d.keep = 0, d.good_left = 1; },
        [](Deletion& d) {
            d.sources = {"avocado2", "zz_avocado2", "zz_avocado2-02"};
        },
        [](Deletion& d) { d.victim.disks.clear(); },
        [](Deletion& d) { d.set.stem = d.victim.mark.mark.stem; },
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

    for (const auto kind : {MarkReading::Kind::damaged, MarkReading::Kind::other_version}) {
        Deletion unexplained = expiry();
        unexplained.victim.mark.kind = kind;
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

TEST_CASE("guards: every two wrong facts are both named, in the order of the guards")
{
    for (const Case& one : expiries)
        for (const Case& other : expiries) {
            if (one.guard >= other.guard)
                continue;
            INFO("cases: ", one.name, ", ", other.name);
            Deletion broken = expiry();
            one.breaks(broken);
            other.breaks(broken);
            const auto found = objections(broken);
            CHECK(found.size() >= 2);
            for (std::size_t i = 1; i < found.size(); ++i)
                CHECK((found[i - 1].guard < found[i].guard));
        }
}
