// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/clean_report.hpp"

#include <fmt/ostream.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "report/recovery_report.hpp"

namespace vmrotate::report {
namespace {

void write_left_alone(std::ostream& out, const std::vector<job::LeftAlone>& found)
{
    for (const job::LeftAlone& each : found)
        fmt::print(out, "  left alone  {}  {}\n", printable(each.name), printable(each.reason));
}

Json json_of_left_alone(const std::vector<job::LeftAlone>& found)
{
    Json result = Json::array();
    for (const job::LeftAlone& each : found)
        result.push_back({{"name", each.name}, {"reason", each.reason}});
    return result;
}

}  // namespace

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
    const std::string where = printable(vm);
    for (const std::string& deed : cleaning.healed)
        fmt::print(out, "{}: {}\n", where, printable(deed));
    for (const std::string& name : cleaning.expired)
        fmt::print(out, "{}: {} has expired and is deleted\n", where, printable(name));
    if (cleaning.healed.empty() && cleaning.expired.empty() && cleaning.ok())
        fmt::print(out, "{}: nothing to clean\n", where);
    write_left_alone(out, cleaning.left_alone);
    out.flush();
    for (const Error& undone : cleaning.left_undone)
        write_error(err, undone.within(vm));
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
                 {"left_undone", Json::array()},
                 {"warnings", cleaning.warnings}};
    for (const Error& undone : cleaning.left_undone)
        line["left_undone"].push_back(undone.what());
    write_line(out, "clean", line);
}

}  // namespace vmrotate::report
