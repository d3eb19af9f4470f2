// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/backup_report.hpp"

#include <algorithm>

#include <fmt/ostream.h>

#include "base/text.hpp"
#include "job/probe.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::report {
namespace {

std::string seconds_text(std::chrono::milliseconds time)
{
    return duration_text(std::chrono::round<std::chrono::seconds>(time));
}

double seconds_of(std::chrono::milliseconds time)
{
    return static_cast<double>(time.count()) / 1000.0;
}

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
    line["left_undone"] = Json::array();
    for (const Error& undone : outcome.left_undone)
        line["left_undone"].push_back(undone.what());
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
    const bool some = std::ranges::any_of(
        results, [](const VmResult& result) { return result.outcome.has_value(); });
    return static_cast<int>(some ? ErrorKind::some_failed : ErrorKind::failed);
}

void write_result(std::ostream& out, std::ostream& err, const VmResult& result)
{
    if (result.error)
        write_error(err, result.error->within(result.vm));
    if (!result.outcome)
        return;
    const job::Outcome& outcome = *result.outcome;
    for (const std::string& deed : outcome.healed)
        fmt::print(out, "{}: {}\n", printable(result.vm), printable(deed));
    fmt::print(out, "{}: {} is complete: slot {:02}, seq {}, {} in {}, snapshot held {}{}\n",
               printable(result.vm), printable(outcome.generation), outcome.slot, outcome.seq,
               size_text(static_cast<std::uint64_t>(outcome.bytes)), seconds_text(outcome.total),
               seconds_text(outcome.snapshot_held), rest_text(outcome));
    if (outcome.freeze)
        fmt::print(out, "{}: the guest did not answer for up to {}\n", printable(result.vm),
                   job::freeze_text(*outcome.freeze));
    for (const std::string& name : outcome.expired)
        fmt::print(out, "{}: {} has expired and is deleted\n", printable(result.vm),
                   printable(name));
    out.flush();
    for (const Error& undone : outcome.left_undone)
        write_error(err, undone.within(result.vm));
}

void write_result_json(std::ostream& out, const VmResult& result)
{
    const int code = own_exit_code(result);
    Json line = {{"vm", result.vm}, {"result", result_word(code)}, {"exit_code", code}};
    if (result.outcome)
        add_outcome(line, *result.outcome);
    line["healed"] = result.healed;
    line["warnings"] = result.warnings;
    if (result.error) {
        line["message"] = result.error->what();
        line["hint"] = result.error->hint();
    }
    write_line(out, "backup", line);
}

void write_summary_json(std::ostream& out, const std::vector<VmResult>& results, int exit_code)
{
    const auto complete = std::ranges::count_if(
        results, [](const VmResult& result) { return result.outcome.has_value(); });
    const auto healed = std::ranges::count_if(
        results, [](const VmResult& result) { return !result.healed.empty(); });
    const auto good = std::ranges::count_if(results, &VmResult::ok);
    write_line(out, "summary",
               {{"verb", "backup"},
                {"result", result_word(exit_code)},
                {"changed", complete + healed > 0},
                {"exit_code", exit_code},
                {"vms", results.size()},
                {"generations", complete},
                {"failed", static_cast<std::ptrdiff_t>(results.size()) - good}});
}

}  // namespace vmrotate::report
