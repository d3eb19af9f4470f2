// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/prune_report.hpp"

#include <fmt/ostream.h>

#include "report/messages.hpp"
#include "report/recovery_report.hpp"
#include "report/vm_lines.hpp"

namespace vmrotate::report {

void write_pruning(std::ostream& out, const std::string& vm, int keep,
                   const job::UpkeepPlan& pruning)
{
    fmt::print(out, "{}: keep {}\n", printable(vm), keep);
    write_recovery(out, pruning.recovery);
    write_decisions(out, pruning.decisions);
}

void write_pruning_json(std::ostream& out, const std::string& vm, int keep,
                        const job::UpkeepPlan& pruning)
{
    write_line(out, "prune",
               {{"vm", vm},
                {"keep", keep},
                {"dry_run", true},
                {"recovery", json_of(pruning.recovery)},
                {"decisions", json_of(pruning.decisions)}});
}

void write_pruned(std::ostream& out, std::ostream& err, const std::string& vm,
                  const job::Pruned& pruned)
{
    out << lines_about(vm, pruned.healed) << lines_about(vm, pruned.expired, " is deleted");
    if (pruned.healed.empty() && pruned.expired.empty() && pruned.ok())
        out << line_about(vm, "nothing to prune");
    out.flush();
    err << errors_about(vm, pruned.left_undone) << std::flush;
}

void write_pruned_json(std::ostream& out, const std::string& vm, int keep,
                       const job::Pruned& pruned, int exit_code)
{
    Json line = {{"vm", vm},
                 {"keep", keep},
                 {"dry_run", false},
                 {"result", result_word(exit_code)},
                 {"exit_code", exit_code},
                 {"healed", pruned.healed},
                 {"expired", pruned.expired},
                 {"left_undone", sentences_of(pruned.left_undone)},
                 {"warnings", pruned.warnings}};
    write_line(out, "prune", line);
}

}  // namespace vmrotate::report
