// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/note.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace vmrotate::rotation;
using namespace std::chrono_literals;

namespace {

const std::string run = "0123456789abcdef0123456789abcdef";
const std::string lock = "89abcdef0123456789abcdef01234567";

const std::string good_name = "vmrotate 0123456789abcdef0123456789abcdef";
const std::string good_description =
    "vmrotate 1 run=0123456789abcdef0123456789abcdef set=default "
    "lock=89abcdef0123456789abcdef01234567 started=2019-09-25T00:41:07Z";

const SnapshotNote good{run, "default", lock, Time{1569372067s}};

bool ours(const std::string& name, const std::string& description)
{
    return read_snapshot(name, description).has_value();
}

/// `good_description` with one part replaced.
std::string with(const std::string& part, const std::string& other)
{
    std::string text = good_description;
    const auto at = text.find(part);
    REQUIRE(at != std::string::npos);
    return text.substr(0, at) + other + text.substr(at + part.size());
}

}  // namespace

TEST_CASE("note: name and description are those of the header")
{
    CHECK(snapshot_name(good) == good_name);
    CHECK(snapshot_description(good) == good_description);
}

TEST_CASE("note: what is written is read again")
{
    const std::vector<SnapshotNote> cases = {
        good,
        {lock, "weekly", run, Time{1582934400s}},
        {std::string(32, '0'), "a.b_c-D9", std::string(32, 'f'), Time{0s}},
        {run, "default", run, Time{253402300799s}},
        {run, "run=", lock, Time{1569372067s}},  // a set may be called like a field
        {run, "控え", lock, Time{1569372067s}},
    };
    for (const SnapshotNote& note : cases) {
        INFO("set: ", note.set);
        CHECK((read_snapshot(snapshot_name(note), snapshot_description(note)) == note));
    }
}

TEST_CASE("note: a snapshot of somebody else is not ours, whatever it is called")
{
    struct Case {
        std::string what;
        std::string name;
        std::string description;
    };
    const std::vector<Case> cases = {
        {"nothing at all", "", ""},
        {"the old script's", "Clone Snapshot", ""},
        {"the old script's name over our description", "Clone Snapshot", good_description},
        {"another product's", "VEEAM BACKUP TEMPORARY SNAPSHOT", "Please do not delete it"},
        {"a helper of vCenter's", "Consolidate Helper", ""},
        {"our name without a description", good_name, ""},
        {"our description without a name", "", good_description},
        {"name and description exchanged", good_description, good_name},
        {"the name as description", good_name, good_name},
        {"the description of another run", "vmrotate " + lock, good_description},
        {"a blank at the end", good_name, good_description + " "},
        {"the word alone", "vmrotate", good_description},
        {"the word and a blank", "vmrotate ", good_description},
        {"a person's text", "before vmrotate is tried", "vmrotate will run tonight"},
        {"a name without the word", run, good_description},
        {"a name of another case", "Vmrotate " + run, good_description},
        {"a name in capital digits", "vmrotate 0123456789ABCDEF0123456789ABCDEF", good_description},
        {"a name with text after it", good_name + " (2)", good_description},
        {"a name with a blank after it", good_name + " ", good_description},
        {"a name with a blank before it", " " + good_name, good_description},
        {"a name with two blanks", "vmrotate  " + run, good_description},
        {"a name that is cut", good_name.substr(0, good_name.size() - 1), good_description},
    };
    CHECK(ours(good_name, good_description));
    for (const Case& c : cases) {
        INFO("case: ", c.what);
        CHECK_FALSE(ours(c.name, c.description));
    }
}

TEST_CASE("note: a description that is nearly ours is not ours")
{
    const std::string capital_run = "0123456789ABCDEF0123456789ABCDEF";
    struct Case {
        std::string what;
        std::string description;
    };
    const std::vector<Case> cases = {
        {"version 2", with("vmrotate 1", "vmrotate 2")},
        {"version 10", with("vmrotate 1", "vmrotate 10")},
        {"no version", with("vmrotate 1 ", "vmrotate ")},
        {"no word", with("vmrotate 1 ", "")},
        {"another case", with("vmrotate", "VMrotate")},
        {"text before it", "was: " + good_description},
        {"a blank before it", " " + good_description},
        {"text after it", good_description + " and more"},
        {"a line after it", good_description + "\nkeep this"},
        {"one field more", good_description + " keep=yes"},
        {"another run", with("run=" + run, "run=" + lock)},
        {"no run", with("run=" + run + " ", "")},
        {"an empty run", with(run, "")},
        {"a short run", with(run, run.substr(1))},
        {"a long run", with(run, run + "0")},
        {"capital digits in the run", with(run, capital_run)},
        {"a letter g in the run", with(run, "g" + run.substr(1))},
        {"dashes in the run", with(run, "01234567-9abc-ef01-3456-89abcdef0123")},
        {"no set", with("set=default ", "")},
        {"an empty set", with("default", "")},
        {"a set of two words", with("default", "de fault")},
        {"no lock", with("lock=" + lock + " ", "")},
        {"an empty lock", with(lock, "")},
        {"a short lock", with(lock, lock.substr(1))},
        {"capital digits in the lock", with(lock, capital_run)},
        {"no start", with(" started=2019-09-25T00:41:07Z", "")},
        {"an empty start", with("2019-09-25T00:41:07Z", "")},
        {"a day that does not exist", with("2019-09-25", "2019-02-29")},
        {"a start without its zone", with("07Z", "07")},
        {"a start in another zone", with("07Z", "07+02:00")},
        {"fields in another order", with("run=" + run + " set=default", "set=default run=" + run)},
        {"a field twice", with("set=default", "set=default set=default")},
        {"a field of another case", with("run=", "Run=")},
        {"a colon", with("run=", "run:")},
        {"two blanks", with(" set", "  set")},
        {"a tab", with(" set", "\tset")},
        {"commas", with(" set", ", set")},
    };
    for (const Case& c : cases) {
        INFO("case: ", c.what);
        CHECK_FALSE(ours(good_name, c.description));
    }
    CHECK_FALSE(ours("vmrotate " + capital_run, with(run, capital_run)));
}

TEST_CASE("note: a description that was cut anywhere is not ours")
{
    for (std::size_t size = 0; size < good_description.size(); ++size)
        CHECK_FALSE(ours(good_name, good_description.substr(0, size)));
    for (std::size_t size = 1; size <= good_description.size(); ++size)
        CHECK_FALSE(ours(good_name, good_description.substr(size)));
}
