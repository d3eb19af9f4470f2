// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "config/parse.hpp"

/// Tables of configurations and what is wrong in them.

/// "line:column: message" for each problem.
inline std::string problems_of(const std::string& toml)
{
    std::string text = vmrotate::config::sentence("", vmrotate::config::parse(toml, "").problems);
    if (text.starts_with(':'))
        text.erase(0, 1);
    for (auto at = text.find("\n:"); at != std::string::npos; at = text.find("\n:", at))
        text.erase(at + 1, 1);
    return text;
}

struct TomlCase {
    std::string toml;
    std::string problems;
};

inline void check(const std::vector<TomlCase>& cases)
{
    for (const TomlCase& c : cases) {
        INFO("toml: ", c.toml);
        CHECK(problems_of(c.toml) == c.problems);
    }
}
