// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "job/prepare.hpp"

/// What a run would do, or is about to.
namespace vmrotate::report {

void write_plan(std::ostream& out, const job::Prepared& prepared);

/// A line of type `plan`.
void write_plan_json(std::ostream& out, const std::string& vm, const job::Prepared& prepared);

}  // namespace vmrotate::report
