// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/night_report.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/width.hpp"
#include "job/probe.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "report/times.hpp"

namespace vmrotate::report {
namespace {

/// The night in figures.
struct Figures {
    std::size_t done = 0, skipped = 0, failed = 0;
    std::size_t left_undone = 0;  ///< VMs that have a new generation, but not all was done
    std::size_t quiesced = 0;
    std::size_t fell_short = 0;          ///< quiesce was wished for, and there was none
    std::size_t warned = 0, healed = 0;  ///< VMs with a warning, with a dead run's remains
    std::uint64_t bytes = 0;
    const VmResult* longest = nullptr;  ///< whose snapshot was held longest
    const VmResult* frozen = nullptr;   ///< whose guest did not answer for longest
};

void add(Figures& figures, const VmResult& result)
{
    const End end = result.end();
    ++(end == End::done ? figures.done : end == End::skipped ? figures.skipped : figures.failed);
    figures.warned += result.warnings.empty() ? 0U : 1U;
    figures.healed += result.healed.empty() ? 0U : 1U;
    if (!result.outcome)
        return;
    const job::Outcome& outcome = *result.outcome;
    figures.left_undone += outcome.ok() ? 0U : 1U;
    figures.quiesced += outcome.quiesced ? 1U : 0U;
    figures.fell_short += outcome.fell_short_of_rest ? 1U : 0U;
    figures.bytes += static_cast<std::uint64_t>(outcome.bytes);
    if (figures.longest == nullptr ||
        outcome.snapshot_held > figures.longest->outcome->snapshot_held)
        figures.longest = &result;
    if (outcome.freeze && (figures.frozen == nullptr ||
                           outcome.freeze->longest > figures.frozen->outcome->freeze->longest))
        figures.frozen = &result;
}

Figures figures_of(const Night& night)
{
    Figures figures;
    for (const VmResult& result : night.results)
        add(figures, result);
    return figures;
}

std::string in_one_line(const std::string& text)
{
    return vmrotate::printable(text, std::string::npos);
}

/// "  failed      2  papaya3, mango1": a count, and what is to be said of it.
std::string row(const std::string& what, std::size_t count, const std::string& more = {})
{
    return fmt::format("  {} {:5}{}\n", padded_to(what, std::max(13, cells(what))), count,
                       more.empty() ? more : "  " + more);
}

std::string consistency_text(const Figures& figures)
{
    const std::size_t others = figures.done - figures.quiesced;
    std::string text =
        figures.quiesced == 0 ? "crash-consistent"
        : others == 0         ? "all quiesced"
                      : fmt::format("{} quiesced, {} crash-consistent", figures.quiesced, others);
    if (figures.fell_short > 0)
        text += fmt::format(" ({} against the wish)", figures.fell_short);
    return text;
}

/// What stands on a datastore since tonight.
struct Load {
    std::size_t generations = 0, missing = 0;  ///< copies that were to be made there, and were not
    std::uint64_t bytes = 0;
};

void add_to(Load& load, const job::Outcome& outcome)
{
    if (outcome.generation.empty()) {
        ++load.missing;
        return;
    }
    ++load.generations;
    load.bytes += static_cast<std::uint64_t>(outcome.bytes);
}

/// By datastore; of one place alone there is nothing to be said.
std::string rows_of_places(const Night& night)
{
    std::map<std::string, Load> loads;
    bool has_copies = false;
    for (const VmResult& result : night.results) {
        if (!result.outcome)
            continue;
        add_to(loads[result.outcome->datastore], *result.outcome);
        for (const job::Outcome& copy : result.outcome->copies)
            add_to(loads[copy.datastore], copy);
        has_copies = has_copies || !result.outcome->copies.empty();
    }
    std::string rows;
    for (const auto& [datastore, load] : loads)
        if (has_copies)
            rows += row("on " + in_one_line(datastore), load.generations,
                        size_text(load.bytes) +
                            (load.missing > 0 ? fmt::format(", {} missing", load.missing) : ""));
    return rows;
}

/// Within which time the snapshots of each group were made.
std::string rows_of_groups(const Night& night)
{
    struct Group {
        std::size_t vms = 0;
        std::chrono::milliseconds spread{0};
    };
    std::map<std::string, Group> groups;
    for (const VmResult& result : night.results)
        if (result.outcome && result.outcome->group_spread) {
            Group& group = groups[result.outcome->group];
            ++group.vms;
            group.spread = std::max(group.spread, *result.outcome->group_spread);
        }
    std::string rows;
    for (const auto& [name, group] : groups)
        rows += row("group " + in_one_line(name), group.vms,
                    fmt::format("snapshots within {} ms", group.spread.count()));
    return rows;
}

std::string rows_of(const Figures& figures)
{
    std::string rows;
    if (figures.done > 0)
        rows += row("backed up", figures.done,
                    size_text(figures.bytes) + ", " + consistency_text(figures));
    if (figures.left_undone > 0)
        rows += row("left undone", figures.left_undone, "new generation, but not all was done");
    if (figures.skipped > 0)
        rows += row("skipped", figures.skipped);
    if (figures.failed > 0)
        rows += row("failed", figures.failed);
    if (figures.warned > 0)
        rows += row("with warnings", figures.warned);
    if (figures.healed > 0)
        rows += row("healed", figures.healed, "an earlier run was cut short");
    return rows;
}

/// Why it has no new generation, or not all was done.
std::string reason_of(const VmResult& result)
{
    if (result.is_skipped())
        return "skipped: " + result.skipped;
    if (result.error)
        return std::string("failed: ") + result.error->what();
    return std::string("left undone: ") + result.outcome->left_undone.front().what();
}

bool has_reason(const VmResult& result)
{
    return !result.outcome || !result.outcome->ok();
}

}  // namespace

int exit_code_of(const Night& night)
{
    const int code = exit_code_of(night.results);
    const auto has_failed = [](const job::JobEnd& end) { return end.after.has_value(); };
    return code == 0 && std::ranges::any_of(night.jobs, has_failed)
               ? static_cast<int>(ErrorKind::some_failed)
               : code;
}

std::string night_text(const Night& night)
{
    const std::size_t vms = std::max(night.vms, night.results.size());
    if (vms < 2)
        return {};
    const Figures figures = figures_of(night);
    std::string text = fmt::format("{} VMs in {}\n", vms, seconds_text(night.took));
    text += rows_of(figures) + rows_of_places(night) + rows_of_groups(night);
    if (figures.longest != nullptr)
        text += fmt::format("  longest snapshot: {}, of {}\n",
                            seconds_text(figures.longest->outcome->snapshot_held),
                            in_one_line(figures.longest->vm));
    if (figures.frozen != nullptr)
        text += fmt::format("  longest freeze: {}, of {}\n",
                            job::freeze_text(*figures.frozen->outcome->freeze),
                            in_one_line(figures.frozen->vm));
    if (vms > night.results.size())
        text += row("not reached", vms - night.results.size(), "a signal ended the run");
    for (const VmResult& result : night.results)
        if (has_reason(result))
            text +=
                fmt::format("  {}: {}\n", in_one_line(result.vm), in_one_line(reason_of(result)));
    for (const job::JobEnd& end : night.jobs)
        if (end.after)
            text += fmt::format("  job {}: {}\n", in_one_line(end.story.job),
                                in_one_line(end.after->what()));
    return text;
}

void write_summary_json(std::ostream& out, const Night& night, int exit_code)
{
    const Figures figures = figures_of(night);
    Json skipped = Json::array();
    for (const VmResult& result : night.results)
        if (result.is_skipped())
            skipped.push_back(result.vm);
    const auto longest = figures.longest == nullptr ? std::chrono::milliseconds(0)
                                                    : figures.longest->outcome->snapshot_held;
    write_line(out, "summary",
               {{"verb", "backup"},
                {"result", result_word(exit_code)},
                {"changed", figures.done + figures.healed > 0},
                {"exit_code", exit_code},
                {"vms", night.results.size()},
                {"generations", figures.done},
                {"failed", figures.failed + figures.left_undone},
                {"skipped", figures.skipped},
                {"skipped_vms", skipped},
                {"quiesced", figures.quiesced},
                {"bytes", figures.bytes},
                {"longest_snapshot_held_seconds", seconds_of(longest)},
                {"seconds", seconds_of(night.took)}});
}

}  // namespace vmrotate::report
