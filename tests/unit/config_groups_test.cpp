// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/groups.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config/parse.hpp"
#include "config/resolve.hpp"

using namespace vmrotate;

namespace {

const std::string job =
    "[defaults]\ndatastore = \"durian\"\n[job.night]\nvms = [\"a\", \"b\", \"c\"]\n";

config::Config config_of(const std::string& text)
{
    auto parsed = config::parse(job + text, "x");
    INFO(config::sentence("x", parsed.problems));
    REQUIRE(parsed.problems.empty());
    return parsed.config;
}

/// "shop: a b", a line for each group that takes part; then the problems.
std::string grouping(const std::string& text, const std::vector<std::string>& vms = {})
{
    const auto config = config_of(text);
    const auto selection = config::select(config, vms, {}, {});
    const auto found = config::groups_of(config, selection);
    std::string lines;
    for (const auto& muster : found.musters) {
        lines += muster.name + ":";
        for (const auto member : muster.members)
            lines += " " + selection[member].vm;
        lines += "\n";
    }
    for (const auto& problem : found.problems)
        lines += problem + "\n";
    return lines;
}

}  // namespace

TEST_CASE("groups: those of a run, in the order of the group")
{
    const std::string shop = "[group.shop]\nvms = [\"c\", \"a\"]\n";
    CHECK(grouping("") == "");
    CHECK(grouping(shop) == "shop: c a\n");
    CHECK(grouping(shop, {"a", "c"}) == "shop: c a\n");
    CHECK(grouping(shop, {"b"}) == "");
    CHECK(grouping(shop, {"a"}) == "");  // a person named it, and it alone
    CHECK(grouping("[group.shop]\nvms = [\"x\", \"y\"]\n") == "");
}

TEST_CASE("groups: a consistent one is whole, and small enough to be copied at once")
{
    const struct {
        std::string text, problem;
    } cases[] = {
        {"[group.shop]\nvms = [\"a\", \"x\"]\n",
         "'a' is to be backed up without 'x', and both are in the group 'shop', which is "
         "consistent; name all of its members, or one alone; no job has 'x'\n"},
        {"[job.far]\nvms = [\"web1\"]\n[group.shop]\nvms = [\"a\", \"wbe1\"]\n",
         "'a' is to be backed up without 'wbe1', and both are in the group 'shop', which is "
         "consistent; name all of its members, or one alone; no job has 'wbe1'; did you mean "
         "'web1'?\n"},
        {"[group.shop]\nvms = [\"a\", \"x\"]\nconsistent = false\n", ""},
        {"concurrency = 2\n[group.shop]\nvms = [\"a\", \"b\", \"c\"]\n",
         "shop: a b c\nthe group 'shop' has 3 members that are copied at once, and concurrency is "
         "2; raise it, or set group_waits = true: then its snapshots wait for their copies\n"},
        {"per_target_datastore = 2\n[group.shop]\nvms = [\"a\", \"b\", \"c\"]\n",
         "shop: a b c\nthe group 'shop' has 3 members that are copied at once, and "
         "per_target_datastore is 2; raise it, or set group_waits = true: then its snapshots "
         "wait for their copies\n"},
        {"concurrency = 2\n[group.shop]\nvms = [\"a\", \"b\", \"c\"]\ngroup_waits = true\n",
         "shop: a b c\n"},
        {"concurrency = 2\n[group.shop]\nvms = [\"a\", \"b\", \"c\"]\nconsistent = false\n",
         "shop: a b c\n"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        const std::string found = grouping(c.text);
        const bool is_whole = found == c.problem || found == "shop: a b c\n" + c.problem;
        CHECK(is_whole);
    }
}

TEST_CASE("groups: one that is to stop after a freeze has to know of it")
{
    const std::string shop = "[group.shop]\nvms = [\"a\", \"b\"]\non_freeze = \"stop_group\"\n";
    const std::string begin =
        "shop: a b\nthe group 'shop' has on_freeze = \"stop_group\", and nobody can tell that 'b' "
        "froze for too long; give it ";
    const std::string end = ", or let on_freeze be \"go_on\"\n";
    const std::string a = "[vm.a]\nprobe = \"icmp\"\n[vm.b]\n";
    CHECK(grouping(shop + a) == begin + "probe = \"tcp:22\" or \"icmp\"" + end);
    CHECK(grouping(shop + a + "probe = \"tcp:22\"\nmax_freeze = \"0\"\n") ==
          begin + "a max_freeze above 0" + end);
    CHECK(grouping(shop + a + "probe = \"tcp:22\"\n") == "shop: a b\n");
    CHECK(grouping(shop, {"a"}) == "");
}

TEST_CASE("groups: what is wrong in the file is told with its place")
{
    const struct {
        std::string text, problem;
    } cases[] = {
        {"[group.shop]\n", "group 'shop' must have two vms at least"},
        {"[group.shop]\nvms = [\"a\"]\n", "group 'shop' must have two vms at least"},
        {"[group.shop]\nvms = [\"a\", \"a\"]\n", "vms names 'a' twice"},
        {"[group.x]\nvms = [\"a\", \"b\"]\n[group.y]\nvms = [\"b\", \"c\"]\n",
         "'b' is in the groups 'x' and 'y'"},
        {"[group.shop]\nvms = [\"a\", \"b\"]\npolicy = \"some\"\n",
         "policy must be \"all-or-nothing\" or \"best-effort\""},
        {"[group.shop]\nvms = [\"a\", \"b\"]\non_freeze = true\n",
         "on_freeze must be \"go_on\" or \"stop_group\""},
        {"[group.shop]\nvms = [\"a\", \"b\"]\npatience = \"0\"\n",
         "patience must be a second at least"},
        {"[group.shop]\nvms = [\"a\", \"b\"]\nkeep = 3\n", "keep belongs into [defaults]"},
        {"[group.shop]\nvms = [\"a\", \"web*\"]\n",
         "a name in vms is a pattern, 'web*', and a group lists exact names"},
        {"[vm.a]\nconsistent = true\n", "consistent belongs into [group.NAME]"},
        {"self = true\n", "self belongs into [vm.\"NAME\"]"},
    };
    for (const auto& c : cases) {
        INFO(c.text);
        const auto told = config::sentence("x", config::parse(job + c.text, "x").problems);
        INFO(told);
        CHECK(told.find(c.problem) != std::string::npos);
    }
}
