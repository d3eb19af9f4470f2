// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <vector>

#include "report/json_lines.hpp"
#include "rotation/plan.hpp"
#include "rotation/recovery.hpp"

/// The decisions that several verbs show, in the same words.
namespace vmrotate::report {

/// A line for each step: "  first remove  vmrotate 0123...  its run was cut short".
void write_recovery(std::ostream& out, const rotation::Recovery& recovery);

Json json_of(const rotation::Recovery& recovery);

/// A line for each generation: "  expire  zz_...  older than the newest 3".
void write_decisions(std::ostream& out, const std::vector<rotation::Decision>& decisions);

Json json_of(const std::vector<rotation::Decision>& decisions);

}  // namespace vmrotate::report
