// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/set.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate::rotation;
using namespace std::chrono_literals;

namespace {

const SetId avocado2{"uuid-avocado2", "default", {"zz_", "avocado2"}, "group-v7", "datastore-2"};

/// The generation with that seq, in the slot of the same number, made on that day.
VmFacts generation(int seq)
{
    VmFacts vm;
    vm.id = fmt::format("vm-{}", seq);
    vm.name = fmt::format("zz_avocado2-{:02}-201909{:02}0241", seq, seq);
    vm.instance_uuid = fmt::format("uuid-{}", seq);
    vm.folder_id = avocado2.folder_id;
    vm.vmx = fmt::format("[NFS_durian] {0}/{0}.vmx", vm.name);
    vm.disks = {{fmt::format("[NFS_durian] {0}/{0}.vmdk", vm.name), "datastore-2"},
                {fmt::format("[NFS_durian] {0}/{0}_1.vmdk", vm.name), "datastore-2"}};
    vm.mark.kind = MarkReading::Kind::whole;
    Mark& mark = vm.mark.mark;
    mark.state = State::complete;
    mark.run = fmt::format("run-{}", seq);
    mark.set = avocado2.set;
    mark.seq = seq;
    mark.slot = seq;
    mark.stem = avocado2.stem;
    mark.source_uuid = avocado2.source_uuid;
    mark.source_name = "avocado2";
    mark.taken = Time{1569372067s + seq * 24h};
    mark.disks = {{"scsi0:0", 42949672960}, {"scsi0:1", 10737418240}};
    mark.self = vm.instance_uuid;
    return vm;
}

VmFacts unfinished(int seq)
{
    VmFacts vm = generation(seq);
    vm.mark.mark.state = State::copying;
    vm.mark.mark.self.clear();
    return vm;
}

std::string condition_text(Condition condition)
{
    switch (condition) {
        case Condition::good: return "good";
        case Condition::pinned: return "pinned";
        case Condition::in_use: return "in use";
        case Condition::set_aside: return "set aside";
    }
    return "?";
}

/// One line for each thing in the set; the names that need no mention are left out.
std::string text_of(const Set& set)
{
    std::string text;
    for (const Generation& one : set.generations)
        text += fmt::format("{} {}{}\n", one.id, condition_text(one.condition),
                            one.reason.empty() ? "" : ": " + one.reason);
    for (const Unfinished& one : set.unfinished)
        text +=
            fmt::format("{} unfinished: {}, slot {}, seq {}\n", one.id, one.run, one.slot, one.seq);
    for (const Stranger& one : set.strangers)
        text += fmt::format("{} stranger: {}\n", one.id, one.reason);
    if (!set.unread.empty())
        text += "unread: " + set.unread + "\n";
    return text;
}

struct Case {
    std::string what;
    void (*change)(VmFacts&);
    std::string expected;  // empty: it is left out
};

/// What a folder of one VM is, changed from `vm`.
void check(const VmFacts& vm, const std::vector<Case>& cases)
{
    for (const Case& c : cases) {
        INFO("case: ", c.what);
        VmFacts changed = vm;
        c.change(changed);
        const std::string line = c.expected.empty() ? "" : vm.id + " " + c.expected + "\n";
        CHECK(text_of(sort_out(avocado2, {changed})) == line);
    }
}

}  // namespace

TEST_CASE("set: a generation is what its mark says")
{
    const Set set = sort_out(avocado2, {generation(3)});
    REQUIRE(set.generations.size() == 1);
    const Generation expected{
        "vm-3", "zz_avocado2-03-201909030241", 3, 3, Time{1569631267s}, Condition::good, ""};
    CHECK((set.generations.front() == expected));
    CHECK(text_of(set) == "vm-3 good\n");
}

TEST_CASE("set: an empty folder is an empty set")
{
    CHECK((sort_out(avocado2, {}) == Set{}));
}

TEST_CASE("set: what somebody did to a generation decides what it is good for")
{
    const std::vector<Case> cases = {
        {"nothing", [](VmFacts&) {}, "good"},
        {"a task runs on it", [](VmFacts& vm) { vm.is_busy = true; }, "good"},
        {"powered on", [](VmFacts& vm) { vm.power = Power::on; }, "in use: is powered on"},
        {"suspended", [](VmFacts& vm) { vm.power = Power::suspended; }, "in use: is suspended"},
        {"pinned", [](VmFacts& vm) { vm.mark.mark.pinned = "audit"; }, "pinned: is pinned: audit"},
        {"a snapshot", [](VmFacts& vm) { vm.has_snapshot = true; }, "set aside: has a snapshot"},
        {"a template", [](VmFacts& vm) { vm.is_template = true; },
         "set aside: was made a template"},
        {"a disk moved", [](VmFacts& vm) { vm.disks[1].datastore_id = "datastore-20"; },
         "set aside: has a disk on another datastore"},
        {"a delta disk", [](VmFacts& vm) { vm.disks[1].has_parent = true; },
         "set aside: has a disk that depends on another file"},
        {"a disk taken away", [](VmFacts& vm) { vm.disks.pop_back(); },
         "set aside: has more or fewer disks than when it was made"},
        {"a disk added", [](VmFacts& vm) { vm.disks.push_back(vm.disks[0]); },
         "set aside: has more or fewer disks than when it was made"},
        {"the list of disks cut from its mark", [](VmFacts& vm) { vm.mark.mark.disks.clear(); },
         "set aside: has more or fewer disks than when it was made"},
        {"pinned and running: it runs",
         [](VmFacts& vm) { vm.mark.mark.pinned = "audit", vm.power = Power::on; },
         "in use: is powered on"},
        {"running with a snapshot: it runs",
         [](VmFacts& vm) { vm.has_snapshot = true, vm.power = Power::on; },
         "in use: is powered on"},
        {"pinned with a snapshot: it was changed",
         [](VmFacts& vm) { vm.mark.mark.pinned = "audit", vm.has_snapshot = true; },
         "set aside: has a snapshot"},
    };
    check(generation(1), cases);
}

TEST_CASE("set: what only looks like a generation is a stranger")
{
    const std::string copy = "stranger: a copy of a generation: the mark belongs to another VM";
    const std::string renamed = "stranger: was renamed";
    const std::vector<Case> cases = {
        {"a copy", [](VmFacts& vm) { vm.instance_uuid = "uuid-9"; }, copy},
        {"a copy under another name",
         [](VmFacts& vm) { vm.instance_uuid = "uuid-9", vm.name = "test"; }, copy},
        {"a copy that runs is not in use",
         [](VmFacts& vm) { vm.instance_uuid = "uuid-9", vm.power = Power::on; }, copy},
        {"a pinned copy is not pinned",
         [](VmFacts& vm) { vm.instance_uuid = "uuid-9", vm.mark.mark.pinned = "x"; }, copy},
        {"an uuid that nobody knows", [](VmFacts& vm) { vm.instance_uuid.clear(); }, copy},
        {"renamed", [](VmFacts& vm) { vm.name += "x"; }, renamed},
        {"renamed to a twin's generation",
         [](VmFacts& vm) { vm.name = "zz_avocado20-01-201909010241"; }, renamed},
        {"renamed to the slot of another generation",
         [](VmFacts& vm) { vm.name = "zz_avocado2-02-201909010241"; }, renamed},
        {"renamed and running", [](VmFacts& vm) { vm.name = "prod", vm.power = Power::on; },
         renamed},
    };
    check(generation(1), cases);
}

TEST_CASE("set: without a whole mark a VM counts only for its name, and is a stranger")
{
    const std::string no_mark = "stranger: is named like a generation and carries no mark";
    const std::vector<Case> cases = {
        {"no mark", [](VmFacts& vm) { vm.mark = {}; }, no_mark},
        {"no mark, and running", [](VmFacts& vm) { vm.mark = {}, vm.power = Power::on; }, no_mark},
        {"no mark, another name", [](VmFacts& vm) { vm.mark = {}, vm.name = "tomato"; }, ""},
        {"no mark, a twin's name",
         [](VmFacts& vm) { vm.mark = {}, vm.name = "zz_avocado20-01-201909010241"; }, ""},
        {"a damaged mark",
         [](VmFacts& vm) {
             vm.mark = {MarkReading::Kind::damaged, {}, "is cut"};
         },
         "stranger: is cut"},
        {"a damaged mark, another name",
         [](VmFacts& vm) { vm.mark.kind = MarkReading::Kind::damaged, vm.name = "tomato"; }, ""},
        {"a mark of another version",
         [](VmFacts& vm) {
             vm.mark = {MarkReading::Kind::other_version, {}, "is of '2'"};
         },
         "stranger: is of '2'"},
    };
    check(generation(1), cases);
}

TEST_CASE("set: generations of other sources and sets are left out, unless they bear our name")
{
    const std::string namesake =
        "stranger: belongs to another 'avocado2', with the instanceUuid uuid-old: if that VM is "
        "gone, 'vmrotate adopt --from-uuid' hands its generations over";
    const std::vector<Case> cases = {
        {"another source",
         [](VmFacts& vm) {
             vm.mark.mark.source_uuid = "uuid-20", vm.mark.mark.source_name = "avocado20";
             vm.name = "zz_avocado20";
         },
         ""},
        {"another source, and running",
         [](VmFacts& vm) {
             vm.mark.mark.source_uuid = "uuid-20", vm.mark.mark.source_name = "avocado20";
             vm.name = "zz_avocado20", vm.power = Power::on;
         },
         ""},
        {"another source that was renamed: its generations bear our name",
         [](VmFacts& vm) {
             vm.mark.mark.source_uuid = "uuid-20", vm.mark.mark.source_name = "avocado20";
         },
         "stranger: is named like a generation of this set and is one of 'avocado20', "
         "set 'default'"},
        {"another source of our name, such as the one before it was made anew",
         [](VmFacts& vm) { vm.mark.mark.source_uuid = "uuid-old"; }, namesake},
        {"the same under another prefix",
         [](VmFacts& vm) {
             vm.mark.mark.source_uuid = "uuid-old", vm.name = "zw_avocado2-01-201909010241";
         },
         namesake},
        {"another set with a prefix of its own",
         [](VmFacts& vm) { vm.mark.mark.set = "weekly", vm.name = "zw_avocado2-01-201909010241"; },
         ""},
        {"another set with our prefix", [](VmFacts& vm) { vm.mark.mark.set = "weekly"; },
         "stranger: is named like a generation of this set and is one of 'avocado2', "
         "set 'weekly'"},
        {"a set of another case", [](VmFacts& vm) { vm.mark.mark.set = "Default", vm.name = "x"; },
         ""},
    };
    check(generation(1), cases);
}

TEST_CASE("set: a clone that was never committed is unfinished, whatever else it is")
{
    const std::string plain = "unfinished: run-4, slot 4, seq 4";
    const std::vector<Case> cases = {
        {"as it was left", [](VmFacts&) {}, plain},
        {"short of a disk", [](VmFacts& vm) { vm.disks.pop_back(); }, plain},
        {"being copied", [](VmFacts& vm) { vm.is_busy = true; }, plain},
        {"powered on", [](VmFacts& vm) { vm.power = Power::on; }, plain},
        {"renamed", [](VmFacts& vm) { vm.name = "x"; }, "stranger: was renamed"},
        {"of another source", [](VmFacts& vm) { vm.mark.mark.source_uuid = "x", vm.name = "x"; },
         ""},
    };
    check(unfinished(4), cases);
}

TEST_CASE("set: a VM that cannot be read holds the set only if it may belong to it")
{
    const auto cannot_be_read = [](VmFacts vm) {
        vm.readable = false, vm.mark = {};
        return vm;
    };
    VmFacts vm = cannot_be_read(generation(1));
    const Set held{{}, {}, {}, "zz_avocado2-01-201909010241"};
    CHECK((sort_out(avocado2, {vm}) == held));
    vm.mark = generation(1).mark;  // not to be believed, and yet its number is not given again
    Set numbered = held;
    numbered.highest_seq = 1;
    CHECK((sort_out(avocado2, {vm}) == numbered));
    for (const std::string name : {"zz_avocado20-01-201909010241", "tomato"}) {
        vm.name = name;  // vCenter may show another name for what it cannot read
        CHECK(sort_out(avocado2, {vm}).unread == name);
    }
    vm.name.clear();  // not even the name was told: it may be one of ours
    CHECK(sort_out(avocado2, {vm}).unread == "vm-1");
    CHECK(text_of(sort_out(avocado2, {cannot_be_read(generation(2)), generation(1)})) ==
          "vm-1 good\nunread: zz_avocado2-02-201909020241\n");
}

TEST_CASE("set: newest first by seq, whatever the order of the folder, names and clocks say")
{
    std::vector<VmFacts> folder;
    for (int seq = 1; seq <= 4; ++seq)
        folder.push_back(generation(seq));
    folder[0].mark.mark.seq = 10;  // the oldest by name, id and clock is the newest
    folder.push_back(unfinished(6));
    folder.push_back(unfinished(5));
    folder.push_back(generation(8));
    folder.back().instance_uuid = "uuid-9";
    folder.push_back(generation(7));
    folder.back().mark = {};
    const Set expected = sort_out(avocado2, folder);
    std::string ids;
    for (const Generation& one : expected.generations)
        ids += one.id + " ";
    CHECK(ids == "vm-1 vm-4 vm-3 vm-2 ");
    CHECK(expected.unfinished.size() == 2);
    CHECK(expected.strangers.size() == 2);
    for (std::size_t turn = 0; turn < folder.size(); ++turn) {
        std::rotate(folder.begin(), folder.begin() + 1, folder.end());
        CHECK(text_of(sort_out(avocado2, folder)) == text_of(expected));
        std::ranges::reverse(folder);
        CHECK(text_of(sort_out(avocado2, folder)) == text_of(expected));
    }
}

TEST_CASE("set: of two VMs that cannot be read the same one is named in any order")
{
    VmFacts one = generation(1), other = generation(2);
    one.readable = other.readable = false;
    CHECK(sort_out(avocado2, {one, other}).unread == sort_out(avocado2, {other, one}).unread);
}

TEST_CASE("set: the folder part of a datastore path")
{
    CHECK(directory_of("[NFS_durian] a/b.vmdk") == "[NFS_durian] a");
    CHECK(directory_of("[NFS durian] a b/c d.vmx") == "[NFS durian] a b");
    CHECK(directory_of("[x] a/b/c.vmdk") == "[x] a/b");
}
