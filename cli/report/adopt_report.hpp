// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "job/adoption_plan.hpp"
#include "job/hand_over.hpp"
#include "job/joining.hpp"

/// Who is to join a set, who is not, and who has.
namespace vmrotate::report {

/// The set, each candidate with its verdict, and what moves up.
void write_adoption(std::ostream& out, const std::string& vm, const job::Adoption& adoption);

/// The set and its former source, and each step.
void write_hand_over(std::ostream& out, const std::string& vm, const job::HandOver& plan);

void write_joined(std::ostream& out, const std::string& vm, const job::Joined& done);

/// Lines of type `adopt`; `dry_run` says whether anything was meant to be done.
void write_adoption_json(std::ostream& out, const std::string& vm, const job::Adoption& adoption,
                         const job::Joined& done, bool dry_run);
void write_hand_over_json(std::ostream& out, const std::string& vm, const job::HandOver& plan,
                          const job::Joined& done, bool dry_run);

}  // namespace vmrotate::report
