// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "job/prune_vm.hpp"

/// What `prune` would delete, and what it has deleted.
namespace vmrotate::report {

/// Each generation with its fate, as a plan shows it.
void write_pruning(std::ostream& out, const std::string& vm, int keep,
                   const job::UpkeepPlan& pruning);

/// A line of type `prune`, of a dry run.
void write_pruning_json(std::ostream& out, const std::string& vm, int keep,
                        const job::UpkeepPlan& pruning);

/// What was done on `out`; what was not, and should have been, on `err`.
void write_pruned(std::ostream& out, std::ostream& err, const std::string& vm,
                  const job::Pruned& pruned);

/// A line of type `prune`.
void write_pruned_json(std::ostream& out, const std::string& vm, int keep,
                       const job::Pruned& pruned, int exit_code);

}  // namespace vmrotate::report
