// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/backup_report.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "job/probe.hpp"
#include "report/json_lines.hpp"
#include "report/times.hpp"
#include "report/vm_lines.hpp"

namespace vmrotate::report {
namespace {

int own_exit_code(const VmResult& result)
{
    if (result.signal_code != 0)
        return result.signal_code;
    if (result.error)
        return static_cast<int>(result.error->kind());
    if (result.ok())
        return 0;
    const auto lacks_right = [](const Error& undone) {
        return undone.kind() == ErrorKind::privilege;
    };
    const bool rights =
        result.outcome && std::ranges::all_of(result.outcome->left_undone, lacks_right);
    return static_cast<int>(rights ? ErrorKind::privilege : ErrorKind::failed);
}

Json json_of_copy(const job::Outcome& copy)
{
    return {{"datastore", copy.datastore},
            {"folder", copy.folder},
            {"generation", copy.generation},
            {"slot", copy.slot},
            {"seq", copy.seq},
            {"host", copy.host},
            {"bytes", copy.bytes},
            {"seconds", seconds_of(copy.total)},
            {"expired", copy.expired},
            {"left_undone", sentences_of(copy.left_undone)}};
}

/// What is known of the guest's rest; nothing where nobody wished for any.
const char* rest_text(const job::Outcome& outcome)
{
    if (outcome.quiesced)
        return ", quiesced";
    return outcome.fell_short_of_rest ? ", crash-consistent" : "";
}

void add_outcome(Json& line, const job::Outcome& outcome)
{
    line["generation"] = outcome.generation;
    line["slot"] = outcome.slot;
    line["seq"] = outcome.seq;
    line["datastore"] = outcome.datastore;
    line["folder"] = outcome.folder;
    line["host"] = outcome.host;
    line["bytes"] = outcome.bytes;
    line["quiesced"] = outcome.quiesced;
    line["crash_consistent"] = outcome.fell_short_of_rest;
    line["freeze_ms"] = nullptr;
    line["probes_lost"] = nullptr;
    if (outcome.freeze) {
        line["freeze_ms"] = outcome.freeze->longest.count();
        line["probes_lost"] = outcome.freeze->lost;
    }
    line["froze_too_long"] = outcome.froze_too_long;
    line["seconds"] = seconds_of(outcome.total);
    line["snapshot_held_seconds"] = seconds_of(outcome.snapshot_held);
    line["expired"] = outcome.expired;
    line["left_undone"] = sentences_of(outcome.left_undone);
    if (!outcome.group.empty())
        line["group"] = outcome.group;
    if (outcome.group_spread)
        line["group_spread_ms"] = outcome.group_spread->count();
    line["copies"] = Json::array();
    for (const job::Outcome& copy : outcome.copies)
        line["copies"].push_back(json_of_copy(copy));
}

std::string lines_about_copy(const std::string& vm, const job::Outcome& copy)
{
    if (copy.generation.empty())
        return {};
    const auto size = size_text(static_cast<std::uint64_t>(copy.bytes));
    return line_about(vm, fmt::format("{} on {} is complete: slot {:02}, seq {}, {} in {}",
                                      copy.generation, copy.datastore, copy.slot, copy.seq, size,
                                      seconds_text(copy.total))) +
           lines_about(vm, copy.expired, " has expired and is deleted");
}

}  // namespace

int exit_code_of(const std::vector<VmResult>& results)
{
    if (results.size() == 1)
        return own_exit_code(results.front());
    for (const VmResult& result : results)
        if (result.signal_code != 0)
            return result.signal_code;
    if (std::ranges::all_of(results, &VmResult::ok))
        return 0;
    const bool some = std::ranges::any_of(results, [](const VmResult& result) {
        return result.outcome || result.is_skipped() ||
               (result.error && result.error->kind() == ErrorKind::some_failed);
    });
    return static_cast<int>(some ? ErrorKind::some_failed : ErrorKind::failed);
}

Told told_of(const VmResult& result)
{
    Told told;
    if (result.error)
        told.err += errors_about(result.vm, {*result.error});
    if (result.is_skipped())
        told.out += line_about(result.vm, "skipped: " + result.skipped);
    if (!result.outcome)
        return told;
    const job::Outcome& outcome = *result.outcome;
    told.out += lines_about(result.vm, outcome.healed);
    told.out += line_about(
        result.vm, fmt::format("{} is complete: slot {:02}, seq {}, {} in {}, snapshot held {}{}",
                               outcome.generation, outcome.slot, outcome.seq,
                               size_text(static_cast<std::uint64_t>(outcome.bytes)),
                               seconds_text(outcome.total), seconds_text(outcome.snapshot_held),
                               rest_text(outcome)));
    if (outcome.freeze)
        told.out += line_about(result.vm, fmt::format("the guest did not answer for up to {}",
                                                      job::freeze_text(*outcome.freeze)));
    told.out += lines_about(result.vm, outcome.expired, " has expired and is deleted");
    if (outcome.group_spread)
        told.out +=
            line_about(result.vm, fmt::format("group '{}': its snapshots were made within {} ms",
                                              outcome.group, outcome.group_spread->count()));
    for (const job::Outcome& copy : outcome.copies)
        told.out += lines_about_copy(result.vm, copy);
    told.err += errors_about(result.vm, outcome.left_undone);
    return told;
}

std::string json_line_of(const VmResult& result)
{
    const int code = own_exit_code(result);
    const std::string word = result.is_skipped() ? "skipped" : result_word(code);
    Json line = {{"vm", result.vm}, {"result", word}, {"exit_code", code}};
    if (result.is_skipped())
        line["skipped"] = result.skipped;
    if (result.outcome)
        add_outcome(line, *result.outcome);
    line["healed"] = result.healed;
    line["warnings"] = result.warnings;
    if (result.error) {
        line["message"] = result.error->what();
        line["hint"] = result.error->hint();
    }
    return json_line("backup", line);
}

}  // namespace vmrotate::report
