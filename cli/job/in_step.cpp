// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/in_step.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/turn.hpp"

namespace vmrotate::job {
namespace {

using Counts = std::map<std::string, int>;  // by the id of a datastore or host

bool has_more(const Counts& counts, int limit)
{
    return std::ranges::any_of(counts, [&](const auto& each) { return each.second > limit; });
}

/// The limit that copies at all these places at once would break; empty if none.
std::string limit_broken(const std::vector<Muster::Report>& reports, const config::JobRules& rules)
{
    Counts from, to, by;
    for (const Muster::Report& report : reports) {
        for (const std::string& datastore : report.place.source_datastore_ids)
            ++from[datastore];
        ++to[report.place.target_datastore_id];
        ++by[report.place.host_id];
    }
    if (std::cmp_greater(reports.size(), rules.concurrency))
        return fmt::format("concurrency is {}", rules.concurrency);
    if (has_more(from, rules.per_source_datastore))
        return fmt::format("per_source_datastore is {}", rules.per_source_datastore);
    if (has_more(to, rules.per_target_datastore))
        return fmt::format("per_target_datastore is {}", rules.per_target_datastore);
    if (has_more(by, rules.per_host))
        return fmt::format("per_host is {}", rules.per_host);
    return {};
}

}  // namespace

void InStep::come_prepared(const Prepared& prepared, const std::optional<Skip>& fresh)
{
    if (run_.muster == nullptr) {
        if (fresh)
            throw *fresh;
        return;
    }
    Muster& muster = *run_.muster;
    muster.report(run_.assignment.vm, {place_of(prepared), fresh.has_value()});
    arrive(Muster::Point::prepared);
    if (!muster.rules().consistent) {
        if (fresh)
            throw *fresh;
        return;
    }
    const auto reports = muster.reports();
    if (fresh && std::ranges::all_of(reports, &Muster::Report::is_fresh))
        throw *fresh;
    if (const auto limit = limit_broken(reports, run_.assignment.rules);
        !limit.empty() && run_.gate != nullptr && !copies_wait())
        throw Error(ErrorKind::usage,
                    fmt::format("cannot back it up: the {} members of its group '{}' are copied "
                                "at once, and {}",
                                reports.size(), muster.rules().name, limit),
                    "raise that limit, or set group_waits = true: then its snapshots wait for "
                    "their copies");
}

void InStep::come_ready()
{
    arrive(Muster::Point::ready);
}

void InStep::come_to_rest()
{
    arrive(Muster::Point::at_rest);
    snapshot_began_ = run_.clock.steady();
}

void InStep::snapshot_made(bool froze_too_long)
{
    snapshot_ended_ = run_.clock.steady();
    if (run_.muster != nullptr)
        run_.muster->record(run_.assignment.vm, {snapshot_began_, snapshot_ended_, froze_too_long});
}

void InStep::snapshot_removed(bool froze_too_long)
{
    if (run_.muster != nullptr && froze_too_long)
        run_.muster->record(run_.assignment.vm, {snapshot_began_, snapshot_ended_, true});
}

void InStep::come_with_snapshot(Outcome& outcome)
{
    arrive(Muster::Point::taken);
    if (run_.muster == nullptr)
        return;
    outcome.group = run_.muster->rules().name;
    outcome.group_spread = run_.muster->spread();
}

bool InStep::copies_wait() const
{
    return run_.muster != nullptr && run_.muster->rules().copies_wait;
}

void InStep::arrive(Muster::Point point)
{
    if (run_.muster != nullptr)
        run_.muster->arrive(run_.assignment.vm, point, run_.stop);
}

}  // namespace vmrotate::job
