// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/places.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "config/conflicts.hpp"
#include "config/parse.hpp"
#include "config/resolve.hpp"

using namespace vmrotate;

namespace {

config::Config config_of(const std::string& defaults)
{
    const auto parsed = config::parse(
        "[defaults]\n" + defaults + "\n[job.nightly]\nvms = [\"a\"]\n", "vmrotate.toml");
    REQUIRE(parsed.problems.empty());
    return parsed.config;
}

std::string problems_in(const std::string& defaults)
{
    return config::sentence("x", config::parse("[defaults]\n" + defaults + "\n", "x").problems);
}

/// "durian backup zz_ default 3", a line for each place.
std::string places_by(const std::string& defaults)
{
    std::string text;
    for (const auto& place : config::places_of(config::assignments(config_of(defaults), {}))) {
        const auto& policy = place.policy;
        text += fmt::format("{} {} {} {} {}{}\n", policy.datastore, policy.folder, policy.prefix,
                            policy.set, policy.keep, place.first ? " further" : "");
    }
    return text;
}

}  // namespace

TEST_CASE("places: a further one has what the first has, and a number in prefix and set")
{
    const struct {
        std::string defaults, places;
    } cases[] = {
        {R"(datastore = "durian")", "durian backup zz_ default 3\n"},
        {"datastore = \"durian\"\ncopies = []", "durian backup zz_ default 3\n"},
        {"datastore = \"durian\"\ncopies = [\"mango\"]",
         "durian backup zz_ default 3\nmango backup zz1_ default-1 3 further\n"},
        // the first entry may name the first place once more, or stand for it
        {"datastore = \"durian\"\ncopies = [\"durian\", \"mango\"]",
         "durian backup zz_ default 3\nmango backup zz1_ default-1 3 further\n"},
        {R"(copies = ["durian", "mango"])",
         "durian backup zz_ default 3\nmango backup zz1_ default-1 3 further\n"},
        {"datastore = \"durian\"\nkeep = 5\nprefix = \"bak\"\nset = \"s\"\n"
         "copies = [\"mango\", { datastore = \"fig\", folder = \"far/away\", prefix = \"ff_\", "
         "set = \"far\", keep = 8 }, \"date\"]",
         "durian backup bak s 5\nmango backup bak1 s-1 5 further\nfig far/away ff_ far 8 "
         "further\ndate backup bak3 s-3 5 further\n"},
    };
    for (const auto& c : cases) {
        INFO(c.defaults);
        CHECK(places_by(c.defaults) == c.places);
    }
}

TEST_CASE("places: a number goes before what closes the prefix")
{
    CHECK(config::numbered_prefix("zz_", 1) == "zz1_");
    CHECK(config::numbered_prefix("zz_", 9) == "zz9_");
    CHECK(config::numbered_prefix("bak", 2) == "bak2");
    CHECK(config::numbered_prefix("a_b-_", 1) == "a_b1-_");
    CHECK(config::numbered_prefix("_", 1) == "1_");
}

TEST_CASE("places: what copies cannot be is said with its entry")
{
    const struct {
        std::string defaults, problem;
    } cases[] = {
        {R"(copies = "mango")", "must be a list of datastores"},
        {R"(copies = [1])", "must be a list of datastores"},
        {R"(copies = [["mango"]])", "must be a list of datastores"},
        {R"(copies = [""])", "entry 1 may not be empty"},
        {R"(copies = ["a", { folder = "b" }])", "entry 2 names no datastore"},
        {R"(copies = [{ datastore = "a", keep = 99 }])", "entry 1 'keep' must be 1 to 98"},
        {R"(copies = [{ datastore = "a", prefx = "b" }])",
         "entry 1 'prefx' is unknown; did you mean 'prefix'?"},
        {R"(copies = [{ datastore = "a", "" = "b" }])", ""},
        {R"(copies = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10"])",
         "may have 9 entries, this has 10"},
    };
    for (const auto& c : cases) {
        INFO(c.defaults);
        CHECK(problems_in(c.defaults).find(c.problem) != std::string::npos);
    }
}

TEST_CASE("places: a prefix or set that grows too long is refused")
{
    const auto config =
        config_of("copies = [\"durian\", \"mango\"]\nprefix = \"zzzzzzzzzzzzzzzzzzz_\"");
    CHECK_THROWS_WITH_AS(
        config::assignments(config, {}),
        "'a': the prefix 'zzzzzzzzzzzzzzzzzzz1_' of the copies on 'mango' has more than 20 "
        "characters; give them a prefix of their own",
        Error);
}

TEST_CASE("places: two of one VM are on two datastores")
{
    const char* const cases[] = {
        R"(copies = ["durian", "durian"])",
        "datastore = \"durian\"\ncopies = [\"durian\", \"durian\"]",
        "datastore = \"durian\"\ncopies = [\"mango\", \"durian\"]",
        "datastore = \"mango\"\ncopies = [\"durian\", { datastore = \"durian\", keep = 9 }]",
        "datastore = \"durian\"\ncopies = [{ datastore = \"durian\", folder = \"far\" }]",
    };
    for (const char* const defaults : cases) {
        INFO(defaults);
        CHECK_THROWS_WITH_AS(config::assignments(config_of(defaults), {}),
                             "'a': two places of it are on the datastore 'durian'", Error);
    }
}

TEST_CASE("places: two of one VM that would mix are conflicts")
{
    const struct {
        std::string copies, sentence;
    } cases[] = {
        {R"(["mango", "fig"])", ""},
        {R"([{ datastore = "mango", folder = "b", prefix = "zz_", set = "default" }])", ""},
        {R"([{ datastore = "mango", prefix = "zz_" }])",
         "'a': two places of job 'nightly' use the prefix 'zz_' for two sets in the folder "
         "'backup'; give one of them another prefix or folder"},
        {R"([{ datastore = "mango", set = "default" }])",
         "'a': two places of job 'nightly' put one set (folder 'backup', set 'default') on two "
         "datastores ('durian' and 'mango'); give one of them another set and prefix"},
    };
    for (const auto& c : cases) {
        INFO(c.copies);
        const auto vms =
            config::assignments(config_of("datastore = \"durian\"\ncopies = " + c.copies), {});
        CHECK(fmt::format("{}", fmt::join(config::conflicts(vms), "\n")) == c.sentence);
    }
}
