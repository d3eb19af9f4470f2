// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

/// Reads `vmrotate.toml`. All that is wrong is found in one go, each with its place.
namespace vmrotate::config {

/// Something wrong in the file. Lines and columns count from 1, columns in characters.
struct Problem {
    int line = 0;
    int column = 0;
    std::string message;  ///< "keep must be 1 to 98"; never the value of a password
};

struct Parsed {
    Config config;                  ///< what was right; of use only where nothing was wrong
    std::vector<Problem> problems;  ///< in order of their places
};

/// Reads a configuration. Never throws for what the text says, whatever its bytes are.
/// `file_name` becomes `Config::file`.
Parsed parse(std::string_view toml_text, const std::string& file_name);

/// Reads a file of at most 1 MiB. Throws Error(usage) if it cannot be read.
Parsed load(const std::filesystem::path& path);

/// "vmrotate.toml:12:8: keep must be 1 to 98", a line for each problem, without a newline at
/// the end.
std::string sentence(const std::string& file, const std::vector<Problem>& problems);

}  // namespace vmrotate::config
