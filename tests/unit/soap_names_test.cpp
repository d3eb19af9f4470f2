// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/names.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "soap/values.hpp"
#include "soap/versions.hpp"
#include "vsphere.hpp"

using namespace vimclient;
using namespace vimclient::wire;

TEST_CASE("names: stored and shown")
{
    struct Row {
        const char* shown;
        const char* stored;
    };
    constexpr Row rows[] = {
        {"avocado2", "avocado2"},
        {"web/100%", "web%2f100%25"},
        {"a\\b", "a%5cb"},
        {"%2f", "%252f"},
        {"%252f", "%25252f"},
        {"日本語 VM", "日本語 VM"},
        {"%", "%25"},
        {"/%\\", "%2f%25%5c"},
        {"", ""},
        {"support private", "support private"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.shown);
        CHECK(escaped_name(row.shown) == row.stored);
        CHECK(display_name(row.stored) == row.shown);
        CHECK(display_name(escaped_name(row.shown)) == row.shown);
    }
}

TEST_CASE("names: what starts no escape stays")
{
    CHECK(display_name("a%2Fb%5Cc%25d") == "a/b\\c%d");
    for (const std::string same : {"100%", "%2", "%", "%zz", "%41", "%2g", "%20", "%%"}) {
        CAPTURE(same);
        CHECK(display_name(same) == same);
    }
    CHECK(display_name("%%25") == "%%");
    CHECK(display_name("%2%2f") == "%2/");
}

TEST_CASE("names: paths keep the slash of a name apart from their own")
{
    CHECK(path_segment("web%2F100%25") == "web%2f100%");
    CHECK(fmt::format("{}", fmt::join(split_path("/backup//web%2fx/100%/"), "|")) ==
          "backup|web/x|100%");
    CHECK(fmt::format("{}", fmt::join(split_path("a%5cb/%25"), "|")) == "a%5cb|%25");
    CHECK(split_path("").empty());
    CHECK(split_path("/").empty());
}

TEST_CASE("times: every form of xsd:dateTime that servers write")
{
    using namespace std::chrono;
    const Time noon = sys_days{2026y / 11 / 22} + 12h;
    for (const std::string text :
         {"2026-11-22T12:00:00Z", "2026-11-22T12:00:00", "2026-11-22T12:00:00.999999Z",
          "2026-11-22T21:00:00+09:00", "2026-11-22T08:30:00.5-03:30"}) {
        CAPTURE(text);
        REQUIRE(parse_time(text));
        CHECK(*parse_time(text) == noon);
    }
    for (const std::string bad :
         {"", "2026-11-22", "2026-13-22T12:00:00Z", "2026-02-30T12:00:00Z", "2026-11-22T12:61:00Z",
          "2026-11-22T12:00:00+9", "2026-11-22T12:00:00 Z", "x026-11-22T12:00:00Z"}) {
        CAPTURE(bad);
        CHECK(!parse_time(bad));
    }
}

TEST_CASE("versions: the server's own, but none that is newer than what is known")
{
    CHECK(soap_action("") == "urn:vim25/6.5");
    CHECK(soap_action("6.5") == "urn:vim25/6.5");
    CHECK(soap_action("6.7.3") == "urn:vim25/6.7.3");
    CHECK(soap_action("7.0.3.0") == "urn:vim25/7.0.3.0");
    CHECK(soap_action("8.0.3.0") == "urn:vim25/8.0.3.0");
    CHECK(soap_action("8.0.10.0") == "urn:vim25/8.0.3.0");
    CHECK(soap_action("9.0.0.0") == "urn:vim25/8.0.3.0");
    CHECK(soap_action("8.0.3.0\"\r\nX: y") == "urn:vim25/6.5");
    CHECK_THROWS_AS(soap_action("6.0"), Fault);
    CHECK_THROWS_AS(soap_action("5.5"), Fault);
}
