// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/clean_report.hpp"

#include <fmt/ostream.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "report/recovery_report.hpp"
#include "report/vm_lines.hpp"

namespace vmrotate::report {
void write_cleaning_plan(std::ostream& out, const std::string& vm, const job::CleaningPlan& plan)
{
    fmt::print(out, "{}: {}\n", printable(vm),
               plan.recovery.steps.empty() ? "no run has left anything"
                                           : "a run was cut short, and left something");
    write_recovery(out, plan.recovery);
    write_decisions(out, plan.decisions);
    write_left_alone(out, plan.left_alone);
}

void write_cleaning_plan_json(std::ostream& out, const std::string& vm,
                              const job::CleaningPlan& plan)
{
    write_line(out, "clean_plan",
               {{"vm", vm},
                {"recovery", json_of(plan.recovery)},
                {"decisions", json_of(plan.decisions)},
                {"left_alone", json_of_left_alone(plan.left_alone)}});
}

void write_cleaning(std::ostream& out, std::ostream& err, const std::string& vm,
                    const job::Cleaning& cleaning)
{
    out << lines_about(vm, cleaning.healed)
        << lines_about(vm, cleaning.expired, " has expired and is deleted");
    if (cleaning.healed.empty() && cleaning.expired.empty() && cleaning.ok())
        out << line_about(vm, "nothing to clean");
    write_left_alone(out, cleaning.left_alone);
    out.flush();
    err << errors_about(vm, cleaning.left_undone) << std::flush;
}

void write_cleaning_json(std::ostream& out, const std::string& vm, const job::Cleaning& cleaning,
                         int exit_code)
{
    Json line = {{"vm", vm},
                 {"result", result_word(exit_code)},
                 {"exit_code", exit_code},
                 {"healed", cleaning.healed},
                 {"expired", cleaning.expired},
                 {"left_alone", json_of_left_alone(cleaning.left_alone)},
                 {"left_undone", sentences_of(cleaning.left_undone)},
                 {"warnings", cleaning.warnings}};
    write_line(out, "clean", line);
}

}  // namespace vmrotate::report
