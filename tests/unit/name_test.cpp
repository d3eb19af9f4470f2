// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/name.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate::rotation;

namespace {

const Stem avocado2{"zz_", "avocado2"};

/// "02 201909250241", or "no name of it".
std::string reading(const std::string& text, const Stem& stem)
{
    const auto name = parse_name(text, stem);
    return name ? fmt::format("{:02} {}", name->slot, name->stamp) : "no name of it";
}

struct Near {
    std::string what;
    std::string text;
};

void refuses(const Stem& stem, const std::vector<Near>& cases)
{
    for (const Near& c : cases) {
        INFO("case: ", c.what);
        INFO("text: ", c.text);
        CHECK(reading(c.text, stem) == "no name of it");
    }
}

}  // namespace

TEST_CASE("name: what is composed is read again, whatever the source is called")
{
    struct Case {
        std::string what;
        Stem stem;
        int slot;
        std::string stamp;
        std::string text;
    };
    const std::vector<Case> cases = {
        {"the example of the old script",
         {"zz_", "avocado2"},
         2,
         "201909250241",
         "zz_avocado2-02-201909250241"},
        {"the last slot, the last minute of a year",
         {"zz_", "avocado2"},
         99,
         "201912312359",
         "zz_avocado2-99-201912312359"},
        {"a leap day", {"zz_", "a"}, 1, "202002290000", "zz_a-01-202002290000"},
        {"a leap day of a century", {"zz_", "a"}, 1, "200002290000", "zz_a-01-200002290000"},
        {"another prefix", {"zz1_", "mango"}, 10, "201909250241", "zz1_mango-10-201909250241"},
        {"no prefix", {"", "mango"}, 1, "201909250241", "mango-01-201909250241"},
        {"dashes", {"zz_", "db-2-test"}, 3, "201909250241", "zz_db-2-test-03-201909250241"},
        {"a dash at the end", {"zz_", "db-"}, 3, "201909250241", "zz_db--03-201909250241"},
        {"nothing but digits", {"zz_", "2019"}, 4, "201909250241", "zz_2019-04-201909250241"},
        {"an escaped slash", {"zz_", "a%2fb"}, 1, "201909250241", "zz_a%2fb-01-201909250241"},
        {"a lone per cent sign", {"zz_", "50%"}, 1, "201909250241", "zz_50%-01-201909250241"},
        {"braces", {"{}", "{0}"}, 1, "201909250241", "{}{0}-01-201909250241"},
        {"spaces", {"zz_", " web server "}, 1, "201909250241", "zz_ web server -01-201909250241"},
        {"Japanese", {"控え_", "鰐梨"}, 7, "201909250241", "控え_鰐梨-07-201909250241"},
        {"a source that looks like a generation",
         {"zz_", "zz_avocado2-01-201909240241"},
         2,
         "201909250241",
         "zz_zz_avocado2-01-201909240241-02-201909250241"},
        {"a source that ends like a slot",
         {"zz_", "avocado2-01"},
         2,
         "201909250241",
         "zz_avocado2-01-02-201909250241"},
        {"a prefix that is the source's name",
         {"avocado2", "avocado2"},
         2,
         "201909250241",
         "avocado2avocado2-02-201909250241"},
    };
    for (const Case& c : cases) {
        INFO("case: ", c.what);
        CHECK(compose_name(c.stem, c.slot, c.stamp) == c.text);
        CHECK(reading(c.text, c.stem) == fmt::format("{:02} {}", c.slot, c.stamp));
    }
}

TEST_CASE("name: every slot and every hour of a day is read again")
{
    for (int slot = 1; slot <= 99; ++slot) {
        const std::string stamp = fmt::format("20190925{:02}{:02}", slot % 24, slot % 60);
        CHECK(reading(compose_name(avocado2, slot, stamp), avocado2) ==
              fmt::format("{:02} {}", slot, stamp));
    }
}

TEST_CASE("name: avocado20 is no generation of avocado2, nor is any other twin")
{
    refuses(avocado2, {
                          {"a longer name", "zz_avocado20-01-201909250241"},
                          {"a shorter name", "zz_avocado-01-201909250241"},
                          {"another digit", "zz_avocado3-01-201909250241"},
                          {"another case", "zz_Avocado2-01-201909250241"},
                          {"a prefix of another case", "ZZ_avocado2-01-201909250241"},
                          {"a longer prefix", "zzz_avocado2-01-201909250241"},
                          {"a shorter prefix", "z_avocado2-01-201909250241"},
                          {"the prefix twice", "zz_zz_avocado2-01-201909250241"},
                          {"no prefix", "avocado2-01-201909250241"},
                          {"text before it", "old zz_avocado2-01-201909250241"},
                          {"a blank before it", " zz_avocado2-01-201909250241"},
                          {"a source with a dash", "zz_avocado2-01-01-201909250241"},
                          {"a source with a suffix", "zz_avocado2_x-01-201909250241"},
                          {"an accent", "zz_avocadó2-01-201909250241"},
                      });
    refuses({"zz_", "Tars"}, {{"Tarsus", "zz_Tarsus-01-201909250241"}});
    refuses({"", "avocado2"}, {{"a prefix where none is", "zz_avocado2-01-201909250241"}});
    refuses({"zz_", "a/b"}, {{"an escape", "zz_a%2fb-01-201909250241"}});
    refuses({"zz_", "zz_avocado2-01-201909240241"},
            {{"the source itself, named like a generation", "zz_avocado2-01-201909240241"},
             {"once more with the prefix", "zz_zz_avocado2-01-201909240241"}});
}

TEST_CASE("name: two sources share a name only where prefix and name run together")
{
    CHECK(reading("zz_a_b-01-201909250241", {"zz_", "a_b"}) == "01 201909250241");
    CHECK(reading("zz_a_b-01-201909250241", {"zz_a_", "b"}) == "01 201909250241");
    CHECK(reading("zz_a_b-01-201909250241", {"zz_a", "b"}) == "no name of it");
}

TEST_CASE("name: slots are 01 to 99, in two digits")
{
    refuses(avocado2, {
                          {"slot 00", "zz_avocado2-00-201909250241"},
                          {"slot 100", "zz_avocado2-100-201909250241"},
                          {"one digit", "zz_avocado2-1-201909250241"},
                          {"three digits", "zz_avocado2-001-201909250241"},
                          {"no digit", "zz_avocado2--201909250241"},
                          {"a sign", "zz_avocado2-+1-201909250241"},
                          {"a minus", "zz_avocado2--1-201909250241"},
                          {"a blank", "zz_avocado2- 1-201909250241"},
                          {"a letter", "zz_avocado2-0a-201909250241"},
                          {"hexadecimal", "zz_avocado2-0x-201909250241"},
                          {"a letter O", "zz_avocado2-O1-201909250241"},
                          {"full-width digits", "zz_avocado2-０１-201909250241"},
                          {"other separators", "zz_avocado2_01_201909250241"},
                          {"an en dash", "zz_avocado2–01–201909250241"},
                      });
}

TEST_CASE("name: stamps are dates and times that exist, and nothing follows")
{
    refuses(avocado2, {
                          {"nothing", ""},
                          {"the source's name alone", "avocado2"},
                          {"the stem alone", "zz_avocado2"},
                          {"a dash and no more", "zz_avocado2-"},
                          {"no stamp", "zz_avocado2-01"},
                          {"an empty stamp", "zz_avocado2-01-"},
                          {"no slot", "zz_avocado2-201909250241"},
                          {"no minutes", "zz_avocado2-01-2019092502"},
                          {"eleven digits", "zz_avocado2-01-20190925024"},
                          {"seconds", "zz_avocado2-01-20190925024100"},
                          {"thirteen digits", "zz_avocado2-01-2019092502411"},
                          {"a blank after it", "zz_avocado2-01-201909250241 "},
                          {"a line's end after it", "zz_avocado2-01-201909250241\n"},
                          {"what vCenter adds to a twin", "zz_avocado2-01-201909250241_1"},
                          {"what people add to a copy", "zz_avocado2-01-201909250241 copy"},
                          {"month 00", "zz_avocado2-01-201900250241"},
                          {"month 13", "zz_avocado2-01-201913250241"},
                          {"day 00", "zz_avocado2-01-201909000241"},
                          {"31 September", "zz_avocado2-01-201909310241"},
                          {"29 February of no leap year", "zz_avocado2-01-201902290241"},
                          {"29 February of 1900", "zz_avocado2-01-190002290241"},
                          {"hour 24", "zz_avocado2-01-201909252400"},
                          {"minute 60", "zz_avocado2-01-201909250260"},
                          {"nothing but zeros", "zz_avocado2-01-000000000000"},
                          {"a date with dashes", "zz_avocado2-01-2019-09-2502"},
                          {"a letter in it", "zz_avocado2-01-20190925024l"},
                          {"a blank in it", "zz_avocado2-01-20190925 241"},
                          {"a sign in it", "zz_avocado2-01-+01909250241"},
                      });
}

TEST_CASE("name: no text makes the reader fail, and what it accepts is composed again")
{
    const std::string good = "zz_avocado2-02-201909250241";
    const std::string odd("\0-_09a%\x80\xff", 9);
    for (std::size_t at = 0; at < good.size(); ++at) {
        CHECK(reading(good.substr(0, at), avocado2) == "no name of it");
        CHECK(reading(good.substr(at + 1), avocado2) == "no name of it");
        for (const char c : odd) {
            std::string text = good;
            text[at] = c;
            const auto name = parse_name(text, avocado2);
            CHECK((!name || compose_name(avocado2, name->slot, name->stamp) == text));
            CHECK(reading(good.substr(0, at) + c + good.substr(at), avocado2) == "no name of it");
        }
    }
}

TEST_CASE("name: its length counts as vCenter stores it")
{
    struct Case {
        std::string name;
        std::size_t length;
    };
    const std::vector<Case> cases = {
        {"", 0},
        {"zz_avocado2-02-201909250241", 27},
        {"50%", 5},
        {"a/b", 5},
        {"a\\b", 5},
        {"%/\\", 9},
        {"%2f", 5},     // a per cent sign is escaped even where it is an escape already
        {"é", 1},       // two bytes
        {"鰐梨", 2},    // three bytes each
        {"🥑", 1},    // four bytes
        {"鰐/梨%", 8},  // both
        {std::string(80, 'a'), longest_name},
        {std::string(78, 'a') + "/", longest_name + 1},
    };
    for (const Case& c : cases) {
        INFO("name: ", c.name);
        CHECK(stored_length(c.name) == c.length);
    }
    CHECK(longest_name == 80);
}
