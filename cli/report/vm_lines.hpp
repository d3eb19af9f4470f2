// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "base/error.hpp"

/// Lines about one VM, as several reports have them.
namespace vmrotate::report {

/// "avocado2: some text", a line.
std::string line_about(const std::string& vm, const std::string& text);

/// A line for each text, with `more` behind it.
std::string lines_about(const std::string& vm, const std::vector<std::string>& texts,
                        const std::string& more = {});

/// "vmrotate: avocado2: cannot ...", and the hint, for each of them.
std::string errors_about(const std::string& vm, const std::vector<Error>& errors);

/// The sentences, without their hints.
nlohmann::ordered_json sentences_of(const std::vector<Error>& errors);

}  // namespace vmrotate::report
