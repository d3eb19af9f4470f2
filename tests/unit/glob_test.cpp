// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/glob.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using vmrotate::fits;

TEST_CASE("fits: * is any text, ? one character, and the whole name has to fit")
{
    struct Case {
        std::string name, pattern;
        bool fits;
    };
    const std::vector<Case> cases = {
        {"web1", "web1", true},  {"web1", "web", false},   {"web1", "eb1", false},
        {"web1", "Web1", false}, {"web1", "web*", true},   {"web", "web*", true},
        {"aweb", "web*", false}, {"web1", "*1", true},     {"web12", "*1", false},
        {"web1", "w*b*", true},  {"abcabd", "*abd", true}, {"abcab", "*abd", false},
        {"a", "*?*", true},      {"", "*", true},          {"", "?", false},
        {"web1", "web?", true},  {"web", "web?", false},   {"web12", "web?", false},
        {"日本", "??", true},    {"日本", "日*", true},    {"a*b", "a*b", true},
        {"axb", "a*b", true},    {"a.b", "a?b", true},     {"a[b]", "a[b]", true},
        {"b", "[ab]", false},    {"", "", true},           {"a", "", false},
        {"a", "****", true},
    };
    for (const Case& c : cases) {
        INFO(c.name, " ", c.pattern);
        CHECK(fits(c.name, c.pattern) == c.fits);
    }
}

TEST_CASE("fits: many stars and a long name take no time to speak of")
{
    std::string pattern;
    for (int i = 0; i < 40; ++i)
        pattern += "a*";
    CHECK_FALSE(fits(std::string(2000, 'a') + "b", pattern + "c"));
}

TEST_CASE("is_pattern: a * or a ?")
{
    CHECK(vmrotate::is_pattern("web*"));
    CHECK(vmrotate::is_pattern("?"));
    CHECK_FALSE(vmrotate::is_pattern("web[12]"));
    CHECK_FALSE(vmrotate::is_pattern(""));
}
