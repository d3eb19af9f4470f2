// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/plan_report.hpp"

#include <fmt/ostream.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "report/recovery_report.hpp"

namespace vmrotate::report {
void write_plan(std::ostream& out, const job::Prepared& prepared,
                const rotation::Recovery& recovery)
{
    const rotation::Plan& plan = prepared.plan;
    fmt::print(out, "{}: next: {} (slot {:02}, seq {}) on {} in '{}'\n",
               printable(prepared.source.ref.name), printable(prepared.name(plan.slot)), plan.slot,
               plan.seq, printable(prepared.target.datastore.name),
               printable(prepared.target.folder.path));
    if (!prepared.copied_from.empty())
        fmt::print(out, "  copied on from the new generation on '{}'\n",
                   printable(prepared.copied_from));
    write_recovery(out, recovery);
    fmt::print(out, "  copied by {} ({})\n",
               prepared.host.name.empty() ? "the source's host" : printable(prepared.host.name),
               prepared.host.reason);
    if (prepared.source.consolidation_needed)
        fmt::print(out, "  first its disks are consolidated, as vCenter asks for\n");
    if (prepared.target.folder.id.empty())
        fmt::print(out, "  first the folder '{}' is made\n",
                   printable(prepared.target.folder.path));
    write_decisions(out, plan.decisions);
    write_left_alone(out, prepared.set.strangers);
}

void write_plan_json(std::ostream& out, const std::string& vm, const job::Prepared& prepared,
                     const rotation::Recovery& recovery)
{
    write_line(out, "plan",
               {{"vm", vm},
                {"name", prepared.name(prepared.plan.slot)},
                {"slot", prepared.plan.slot},
                {"seq", prepared.plan.seq},
                {"datastore", prepared.target.datastore.name},
                {"folder", prepared.target.folder.path},
                {"host", prepared.host.name},
                {"copied_from", prepared.copied_from},
                {"recovery", json_of(recovery)},
                {"decisions", json_of(prepared.plan.decisions)},
                {"left_alone", json_of_left_alone(prepared.set.strangers)}});
}

}  // namespace vmrotate::report
