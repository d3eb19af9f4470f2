// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/prune_report.hpp"

#include <fmt/ostream.h>

#include "report/messages.hpp"
#include "report/recovery_report.hpp"

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
    const std::string where = printable(vm);
    for (const std::string& deed : pruned.healed)
        fmt::print(out, "{}: {}\n", where, printable(deed));
    for (const std::string& name : pruned.expired)
        fmt::print(out, "{}: {} is deleted\n", where, printable(name));
    if (pruned.healed.empty() && pruned.expired.empty() && pruned.ok())
        fmt::print(out, "{}: nothing to prune\n", where);
    out.flush();
    for (const Error& undone : pruned.left_undone)
        write_error(err, undone.within(vm));
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
                 {"left_undone", Json::array()},
                 {"warnings", pruned.warnings}};
    for (const Error& undone : pruned.left_undone)
        line["left_undone"].push_back(undone.what());
    write_line(out, "prune", line);
}

}  // namespace vmrotate::report
