// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "job/clean_vm.hpp"

/// What `clean` would do, and what it did.
namespace vmrotate::report {

void write_cleaning_plan(std::ostream& out, const std::string& vm, const job::CleaningPlan& plan);

/// A line of type `clean_plan`.
void write_cleaning_plan_json(std::ostream& out, const std::string& vm,
                              const job::CleaningPlan& plan);

/// What was done on `out`; what was not, and should have been, on `err`.
void write_cleaning(std::ostream& out, std::ostream& err, const std::string& vm,
                    const job::Cleaning& cleaning);

/// A line of type `clean`.
void write_cleaning_json(std::ostream& out, const std::string& vm, const job::Cleaning& cleaning,
                         int exit_code);

}  // namespace vmrotate::report
