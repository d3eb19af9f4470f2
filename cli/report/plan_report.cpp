// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/plan_report.hpp"

#include <fmt/ostream.h>

#include "base/text.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "report/recovery_report.hpp"

namespace vmrotate::report {
namespace {

/// When its snapshots are taken.
enum class Taking { together, in_turn, apart };

Taking taking_of(const config::Group& group)
{
    if (group.on_freeze == config::OnFreeze::stop_group)
        return Taking::in_turn;
    return group.consistent ? Taking::together : Taking::apart;
}

std::string word_of(Taking taking)
{
    switch (taking) {
        case Taking::together: return "together";
        case Taking::in_turn: return "in turn";
        case Taking::apart: return "apart";
    }
    return "?";
}

std::string sentence_of(const config::Group& group)
{
    switch (taking_of(group)) {
        case Taking::together: return "all snapshots are taken together, before any copy";
        case Taking::in_turn:
            return fmt::format("{} one after the other, and none after a long freeze",
                               group.consistent ? "snapshots are taken" : "they are backed up");
        case Taking::apart: return "each is backed up by itself";
    }
    return "?";
}

void write_setting(std::ostream& out, const std::string& vm, const Setting& setting)
{
    if (setting.group) {
        std::vector<std::string> others = setting.group->vms;
        std::erase(others, vm);
        fmt::print(out, "  in the group '{}' with {}: {}\n", printable(setting.group->name),
                   printable(list_in_quotes(others, "and")), sentence_of(setting.group->group));
    }
    for (const auto& [key, program] : setting.hooks)
        fmt::print(out, "  hook {}: {}\n", key, printable(program));
}

Json json_of_hooks(const Setting& setting)
{
    Json hooks = Json::object();
    for (const auto& [key, program] : setting.hooks)
        hooks[key] = program;
    return hooks;
}

}  // namespace

void write_plan(std::ostream& out, const job::Prepared& prepared,
                const rotation::Recovery& recovery, const Setting& setting)
{
    const rotation::Plan& plan = prepared.plan;
    fmt::print(out, "{}: next: {} (slot {:02}, seq {}) on {} in '{}'\n",
               printable(prepared.source.ref.name), printable(prepared.name(plan.slot)), plan.slot,
               plan.seq, printable(prepared.target.datastore.name),
               printable(prepared.target.folder.path));
    if (!prepared.copied_from.empty())
        fmt::print(out, "  copied on from the new generation on '{}'\n",
                   printable(prepared.copied_from));
    write_setting(out, prepared.source.ref.name, setting);
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
                     const rotation::Recovery& recovery, const Setting& setting)
{
    Json line = {{"vm", vm},
                 {"name", prepared.name(prepared.plan.slot)},
                 {"slot", prepared.plan.slot},
                 {"seq", prepared.plan.seq},
                 {"datastore", prepared.target.datastore.name},
                 {"folder", prepared.target.folder.path},
                 {"host", prepared.host.name},
                 {"copied_from", prepared.copied_from},
                 {"recovery", json_of(recovery)},
                 {"decisions", json_of(prepared.plan.decisions)},
                 {"left_alone", json_of_left_alone(prepared.set.strangers)},
                 {"hooks", json_of_hooks(setting)}};
    if (setting.group) {
        line["group"] = setting.group->name;
        line["group_vms"] = setting.group->vms;
        line["group_snapshots"] = word_of(taking_of(setting.group->group));
    }
    write_line(out, "plan", line);
}

}  // namespace vmrotate::report
