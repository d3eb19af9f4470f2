// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "base/error.hpp"

/// The sentences on stderr.
namespace vmrotate::report {

/// "vmrotate: avocado2: cannot ...", then a line "  hint: ..." where there is one.
std::string error_text(const Error& error);
void write_error(std::ostream& err, const Error& error);

/// "vmrotate: avocado2: warning: ...", a line.
std::string warning_text(const std::string& where, const std::string& text);
void write_warning(std::ostream& err, const std::string& where, const std::string& text);

/// Control characters, which a name may bring, and what is not UTF-8, shown as '?': nothing that
/// a server sends may steer a terminal. A newline stays.
std::string printable(const std::string& text);

}  // namespace vmrotate::report
