// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

namespace vmrotate::config {

/// Assignments that would get in each other's way, a sentence for each, with the remedy; none
/// is the good answer. Pure. A ring is one source, place and set; those of `copies` count too.
///
///  - Assignments of one ring must agree on keep and prefix.
///  - Two rings in one folder, on whatever datastores, must differ in what their generations'
///    names begin with: prefix and name of the VM, or its alias, run together to one text.
///    "zz_" + "a_b" is "zz_a_" + "b".
///
/// Sources are compared by name: two that bear the same one cannot be told apart here.
std::vector<std::string> conflicts(const std::vector<Assignment>& vms);

}  // namespace vmrotate::config
