// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "environment.hpp"

namespace vmrotate::cli {

/// Runs one command line, without the program's name; returns the exit code. Everything
/// that goes wrong ends here, as a sentence on `err` and, with --json, as a line on `out`.
int run(const std::vector<std::string>& arguments, Environment& environment);

}  // namespace vmrotate::cli
