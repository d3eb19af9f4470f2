// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "report/json_lines.hpp"
#include "rotation/plan.hpp"
#include "rotation/recovery.hpp"

/// The decisions that several verbs show, in the same words.
namespace vmrotate::report {

/// A line for each step: "  first remove  vmrotate 0123...  its run was cut short".
void write_recovery(std::ostream& out, const rotation::Recovery& recovery);

Json json_of(const rotation::Recovery& recovery);

/// A line for each generation: "  expire  zz_...  older than the newest 3".
void write_decisions(std::ostream& out, const std::vector<rotation::Decision>& decisions);

Json json_of(const std::vector<rotation::Decision>& decisions);

/// "  left alone  zz_...  it was never finished".
void write_left_alone(std::ostream& out, const std::string& name, const std::string& reason);

/// A line for each of these, which have a name and a reason.
template <typename Found>
void write_left_alone(std::ostream& out, const std::vector<Found>& found)
{
    for (const Found& each : found)
        write_left_alone(out, each.name, each.reason);
}

template <typename Found>
Json json_of_left_alone(const std::vector<Found>& found)
{
    Json result = Json::array();
    for (const Found& each : found)
        result.push_back({{"name", each.name}, {"reason", each.reason}});
    return result;
}

}  // namespace vmrotate::report
