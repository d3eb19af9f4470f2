// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include <nlohmann/json.hpp>

#include "base/error.hpp"

/// What programs read: with --json, stdout holds one JSON object a line and nothing else.
///
/// Each line has `schema` (1) and `type`. The last one is of type `summary` and has
/// `verb`, `result` ("ok", "partial", "failed", "refused", "busy", "interrupted" ...),
/// `changed` (in a dry run: whether a real one would change something) and `exit_code`, which
/// is the process's own. Members may be added; none is renamed or given another meaning
/// within a schema.
namespace vmrotate::report {

/// Keeps the order in which members are written.
using Json = nlohmann::ordered_json;

/// One line of the given type, its end included. Text that is not UTF-8 is written with U+FFFD in
/// its place.
std::string json_line(const std::string& type, const Json& members);

/// Writes it, at once.
void write_line(std::ostream& out, const std::string& type, const Json& members);

/// The word for an exit code: "ok", "failed", "partial", ...
std::string result_word(int exit_code);

/// The summary of a verb that ended early.
void write_failure(std::ostream& out, const std::string& verb, const Error& error, int exit_code);

}  // namespace vmrotate::report
