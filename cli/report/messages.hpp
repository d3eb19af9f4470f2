// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "base/error.hpp"

/// The sentences on stderr.
namespace vmrotate::report {

/// "vmrotate: avocado2: cannot ...", then "  hint: ..." where there is one.
void write_error(std::ostream& err, const Error& error);

/// "vmrotate: avocado2: warning: ...".
void write_warning(std::ostream& err, const std::string& where, const std::string& text);

/// Control characters, which a name may bring, shown as '?': nothing that a server sends may
/// steer a terminal. A newline stays.
std::string printable(const std::string& text);

}  // namespace vmrotate::report
