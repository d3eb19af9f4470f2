// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "job/prepare.hpp"
#include "rotation/recovery.hpp"

/// What a run would do, or is about to.
namespace vmrotate::report {

void write_plan(std::ostream& out, const job::Prepared& prepared,
                const rotation::Recovery& recovery);

/// A line of type `plan`.
void write_plan_json(std::ostream& out, const std::string& vm, const job::Prepared& prepared,
                     const rotation::Recovery& recovery);

}  // namespace vmrotate::report
