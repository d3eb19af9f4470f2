// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/recovery_report.hpp"

#include <fmt/ostream.h>

#include "report/messages.hpp"

namespace vmrotate::report {
namespace {

const char* word(rotation::Fate fate)
{
    switch (fate) {
        case rotation::Fate::keep: return "keep";
        case rotation::Fate::expire: return "expire";
        case rotation::Fate::hold: return "hold";
    }
    return "?";
}

const char* word(rotation::Remedy remedy)
{
    switch (remedy) {
        case rotation::Remedy::wait: return "wait";
        case rotation::Remedy::remove_snapshot: return "remove";
        case rotation::Remedy::commit: return "finish";
        case rotation::Remedy::undo: return "undo";
        case rotation::Remedy::leave: return "leave";
    }
    return "?";
}

}  // namespace

void write_recovery(std::ostream& out, const rotation::Recovery& recovery)
{
    for (const rotation::RecoveryStep& step : recovery.steps)
        fmt::print(out, "  first {:6}  {}{}{}\n", word(step.remedy), printable(step.name),
                   step.name.empty() ? "" : "  ", printable(step.reason));
}

Json json_of(const rotation::Recovery& recovery)
{
    Json steps = Json::array();
    for (const rotation::RecoveryStep& step : recovery.steps)
        steps.push_back({{"remedy", word(step.remedy)},
                         {"name", step.name},
                         {"run", step.run},
                         {"reason", step.reason}});
    return steps;
}

void write_decisions(std::ostream& out, const std::vector<rotation::Decision>& decisions)
{
    for (const rotation::Decision& decision : decisions)
        fmt::print(out, "  {:6}  {}  {}\n", word(decision.fate),
                   printable(decision.generation.name), printable(decision.reason));
}

void write_left_alone(std::ostream& out, const std::string& name, const std::string& reason)
{
    fmt::print(out, "  left alone  {}  {}\n", printable(name), printable(reason));
}

Json json_of(const std::vector<rotation::Decision>& decisions)
{
    Json result = Json::array();
    for (const rotation::Decision& decision : decisions)
        result.push_back({{"name", decision.generation.name},
                          {"seq", decision.generation.seq},
                          {"slot", decision.generation.slot},
                          {"fate", word(decision.fate)},
                          {"reason", decision.reason}});
    return result;
}

}  // namespace vmrotate::report
