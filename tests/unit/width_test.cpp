// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/width.hpp"

#include <algorithm>
#include <vector>

#include <doctest/doctest.h>

using namespace vmrotate;

TEST_CASE("cells: a Japanese character takes two, a combining accent none")
{
    struct Case {
        std::string text;
        int cells;
    };
    const std::vector<Case> cases = {
        {"", 0},      {"avocado2", 8}, {"アボカド", 8},   {"全角 x", 6}, {"e\u0301", 1},
        {"Größe", 5}, {"…", 1},        {"\U0001F951", 2}, {"\xFF", 1},
    };
    for (const Case& c : cases) {
        INFO("text: ", c.text);
        CHECK(cells(c.text) == c.cells);
    }
}

TEST_CASE("cut_to: what does not fit ends in an ellipsis, and never in half a character")
{
    struct Case {
        std::string text;
        int at_most;
        std::string cut;
    };
    const std::vector<Case> cases = {
        {"avocado2", 8, "avocado2"},
        {"avocado2", 7, "avocad…"},
        {"avocado2", 1, "…"},
        {"avocado2", 0, ""},
        {"avocado2", -3, ""},
        {"", 0, ""},
        {"アボカド", 8, "アボカド"},
        {"アボカド", 7, "アボカ…"},
        {"アボカド", 6, "アボ…"},
        {"アボカド", 2, "…"},
        {"e\u0301e\u0301e", 2, "e\u0301…"},
        {"\xFF\xFF\xFF", 2, "\xFF…"},
    };
    for (const Case& c : cases) {
        INFO("text: ", c.text, " at most: ", c.at_most);
        CHECK(cut_to(c.text, c.at_most) == c.cut);
        CHECK(cells(cut_to(c.text, c.at_most)) <= std::max(c.at_most, 0));
    }
}

TEST_CASE("padded_to: exactly so many cells")
{
    CHECK(padded_to("fig", 5) == "fig  ");
    CHECK(padded_to("アボ", 5) == "アボ ");
    CHECK(padded_to("アボカド", 6) == "アボ… ");
    CHECK(padded_to("fig", 0).empty());
}
