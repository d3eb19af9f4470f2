// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/text.hpp"

#include <cstdlib>
#include <ctime>
#include <limits>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate;
using namespace std::chrono_literals;

TEST_CASE("size_text: sizes are short, rounded, and never 1024 of a unit")
{
    struct Case {
        std::uint64_t bytes;
        std::string text;
    };
    const std::vector<Case> cases = {
        {0, "0 B"},
        {1, "1 B"},
        {1023, "1023 B"},
        {1024, "1 KiB"},
        {1536, "1.5 KiB"},
        {12ULL << 30, "12 GiB"},
        {(12ULL << 30) + (1ULL << 29) + 1, "13 GiB"},
        {3ULL << 39, "1.5 TiB"},
        {(1ULL << 20) - 1, "1 MiB"},
        {(10ULL << 30) - 1, "10 GiB"},
        {1023ULL << 30, "1023 GiB"},
        {std::numeric_limits<std::uint64_t>::max(), "16 EiB"},
    };
    for (const Case& c : cases) {
        INFO("bytes: ", c.bytes);
        CHECK(size_text(c.bytes) == c.text);
    }
}

TEST_CASE("duration_text: two units at most, the second with two digits")
{
    struct Case {
        std::chrono::seconds duration;
        std::string text;
    };
    const std::vector<Case> cases = {
        {0s, "0 s"},          {2s, "2 s"},
        {59s, "59 s"},        {60s, "1 min 00 s"},
        {200s, "3 min 20 s"}, {3599s, "59 min 59 s"},
        {1h, "1 h 00 min"},   {4h + 5min + 59s, "4 h 05 min"},
        {24h, "1 d 00 h"},    {51h + 59min, "2 d 03 h"},
        {-5s, "0 s"},
    };
    for (const Case& c : cases)
        CHECK(duration_text(c.duration) == c.text);
}

TEST_CASE("parse_duration: reads one number and one unit")
{
    struct Case {
        std::string text;
        std::chrono::seconds duration;
    };
    const std::vector<Case> cases = {
        {"0", 0s},    {"0s", 0s}, {"90s", 90s}, {"15min", 15min},        {"15 min", 15min},
        {"007s", 7s}, {"2h", 2h}, {"1d", 24h},  {"36525d", 36525 * 24h},
    };
    for (const Case& c : cases) {
        INFO("text: ", c.text);
        CHECK(parse_duration(c.text) == c.duration);
    }
}

TEST_CASE("parse_duration: near misses are refused")
{
    const std::vector<std::string> texts = {
        "",
        " ",
        "90",
        "00",
        "5m",
        "m",
        "min",
        "-1s",
        "+1s",
        " 1s",
        "1s ",
        "1  s",
        "1.5h",
        "1,5h",
        "1e3s",
        "0x10s",
        "1H",
        "1S",
        "1h30",
        "1w",
        "1sec",
        "1ms",
        "36526d",
        "99999999999999999999s",
        "1h30min",
        "9223372036854775807d",
        "１s",
        "1\ts",
        std::string("1s\0", 3),
    };
    for (const std::string& text : texts) {
        INFO("text: ", text);
        CHECK_FALSE(parse_duration(text).has_value());
    }
}

TEST_CASE("nearest: offers what was probably meant, and nothing else")
{
    struct Case {
        std::string wrong;
        std::vector<std::string> candidates;
        std::string offered;
    };
    const std::vector<std::string> keys = {"datastore", "folder",  "keep",          "prefix",
                                           "set",       "quiesce", "create_folder", "min_age"};
    const std::vector<Case> cases = {
        {"keeep", keys, "keep"},
        {"kep", keys, "keep"},
        {"kepe", keys, "keep"},
        {"KEEP", keys, "keep"},
        {"sets", keys, "set"},
        {"data_store", keys, "datastore"},
        {"data", keys, "datastore"},
        {"create-folder", keys, "create_folder"},
        {"quiescing", keys, "quiesce"},
        {"minage", keys, "min_age"},
        {"", keys, ""},
        {"k", keys, ""},
        {"da", keys, ""},
        {"colour", keys, ""},
        {"plna", {"list", "prune", "plan", "pin"}, "plan"},
        {"a", {"b"}, ""},
        {"a", {"A"}, "A"},
        {"アボカド1", {"マンゴー", "アボカド2", "アボカド12"}, "アボカド2, アボカド12"},
        {"é", {"è"}, ""},
        {"\xff\xfe\xfd", {"\xff\xfe\xfc", "abc"}, "\xff\xfe\xfc"},
        {"web1", {"web3", "web2", "web4", "web1x"}, "web3, web2, web4"},
        {"web12", {"web99", "web13", "web12"}, "web12, web13"},
    };
    for (const Case& c : cases) {
        INFO("wrong: ", c.wrong);
        CHECK(fmt::format("{}", fmt::join(nearest(c.wrong, c.candidates), ", ")) == c.offered);
    }
    CHECK(nearest("web1", {"web3", "web2"}, 0).empty());
}

TEST_CASE("did_you_mean: a question, or nothing")
{
    CHECK(did_you_mean("keeep", {"keep", "set"}) == "; did you mean 'keep'?");
    CHECK(did_you_mean("web", {"web1", "web2"}) == "; did you mean 'web1' or 'web2'?");
    CHECK(did_you_mean("colour", {"keep", "set"}).empty());
}

TEST_CASE("in_quotes: what is printed cannot disturb a terminal")
{
    CHECK(in_quotes("avocado 2") == "'avocado 2'");
    CHECK(in_quotes("アボカド") == "'アボカド'");
    CHECK(in_quotes("a\x1b[31m\nb\x7f") == "'a?[31m?b?'");
    CHECK(in_quotes("a\xc2\x9b"
                    "31m") == "'a?31m'");
    CHECK(in_quotes("a\xff\xc0\xaf\xed\xa0\x80\xe3\x81") == "'a" + std::string(8, '?') + "'");
    CHECK(in_quotes("") == "''");
    CHECK(in_quotes(std::string(100, 'x')) == "'" + std::string(100, 'x') + "'");
    CHECK(in_quotes(std::string(101, 'x')) == "'" + std::string(100, 'x') + "...'");
}

TEST_CASE("list_in_quotes: commas, and a word before the last")
{
    CHECK(list_in_quotes({}).empty());
    CHECK(list_in_quotes({"a"}) == "'a'");
    CHECK(list_in_quotes({"a", "b"}) == "'a' or 'b'");
    CHECK(list_in_quotes({"a", "b", "c"}, "and") == "'a', 'b' and 'c'");
}

TEST_CASE("characters: counts characters, and bytes that are none")
{
    CHECK(characters("aé日\xf0\x9f\xa5\x91").size() == 4);
    CHECK(characters("日") == U"日");
    CHECK(characters("\xf4\x90\x80\x80").size() == 4);  // above U+10FFFF
    CHECK(characters("\xe0\x80\x80").size() == 3);      // longer than needed
    CHECK(characters("\xed\xa0\x80").size() == 3);      // a surrogate
    CHECK(characters("\xe6\x97").size() == 2);          // cut off
}

TEST_CASE("utc_text and local_text: the same moment in two zones")
{
    const std::chrono::sys_seconds time{std::chrono::seconds{1790304067}};
    CHECK(utc_text(time) == "2026-09-25 02:41:07");
    CHECK(utc_text({}) == "1970-01-01 00:00:00");

    const char* const before = std::getenv("TZ");
    const std::string zone = before == nullptr ? "" : before;
    setenv("TZ", "JST-9", 1);
    tzset();
    CHECK(local_text(time) == "2026-09-25 11:41:07");
    CHECK(utc_text(time) == "2026-09-25 02:41:07");
    CHECK(utc_text(moment_of_stamp("202609251141")) == "2026-09-25 02:41:00");

    setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1);
    tzset();
    CHECK(utc_text(moment_of_stamp("202601010241")) == "2026-01-01 01:41:00");
    CHECK(utc_text(moment_of_stamp("202607010241")) == "2026-07-01 00:41:00");
    const auto twice = utc_text(moment_of_stamp("202610250230"));
    CHECK((twice == "2026-10-25 00:30:00" || twice == "2026-10-25 01:30:00"));
    const auto never = utc_text(moment_of_stamp("202603290230"));
    CHECK((never == "2026-03-29 00:30:00" || never == "2026-03-29 01:30:00"));
    before == nullptr ? unsetenv("TZ") : setenv("TZ", zone.c_str(), 1);
    tzset();
}
