// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/in_step.hpp"

#include <algorithm>
#include <cstdint>
#include <exception>
#include <limits>
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

/// Whether all these copies find room, at least by what each was told. They are all there in the
/// end, whether they are made at once or not.
bool have_room(const std::vector<Muster::Report>& reports, const std::string& datastore_id)
{
    std::int64_t needed = 0, free = std::numeric_limits<std::int64_t>::max();
    for (const Muster::Report& report : reports) {
        if (report.place.target_datastore_id != datastore_id)
            continue;
        needed += report.place.bytes_needed;
        free = std::min(free, report.place.bytes_free);
    }
    return needed <= free;
}

}  // namespace

bool is_in_step(const Run& run)
{
    return run.muster != nullptr && run.muster->rules().consistent;
}

void InStep::come()
{
    if (!is_in_step(run_))
        arrive(Muster::Point::prepared);
}

void InStep::come_prepared(const Prepared& prepared, const std::optional<Skip>& fresh)
{
    if (!is_in_step(run_)) {
        if (fresh)
            throw *fresh;
        return;
    }
    Muster& muster = *run_.muster;
    muster.report(run_.assignment.vm, {place_of(prepared), fresh.has_value()});
    arrive(Muster::Point::prepared);
    const auto reports = muster.reports();
    if (fresh && std::ranges::all_of(reports, &Muster::Report::is_fresh))
        throw *fresh;
    refuse_shortage(reports, prepared);
}

void InStep::refuse_shortage(const std::vector<Muster::Report>& reports,
                             const Prepared& prepared) const
{
    const auto members =
        fmt::format("the {} members of its group '{}'", reports.size(), run_.muster->rules().name);
    if (!have_room(reports, prepared.target.datastore.id))
        throw Error(ErrorKind::refused,
                    fmt::format("cannot back it up: the datastore '{}' has no room for {}",
                                prepared.target.datastore.name, members),
                    "make room on it; generations that are about to expire are still needed");
    if (const auto limit = limit_broken(reports, run_.assignment.rules);
        !limit.empty() && run_.gate != nullptr && !copies_wait())
        throw Error(ErrorKind::usage,
                    fmt::format("cannot back it up: {} are copied at once, and {}", members, limit),
                    "raise that limit, or set group_waits = true: then its snapshots wait for "
                    "their copies");
}

std::unique_ptr<Gate::Pass> InStep::come_ready(vimclient::Vsphere& vsphere, Prepared& prepared)
{
    std::unique_ptr<Gate::Pass> turn;
    if (!copies_wait()) {
        if (run_.muster != nullptr)
            run_.muster->queue(run_.assignment.vm, true);
        turn = take_turn(vsphere, run_, prepared);
        if (run_.muster != nullptr)
            run_.muster->queue(run_.assignment.vm, false);
    } else if (run_.gate != nullptr) {
        run_.gate->refuse_closed();
    }
    arrive(Muster::Point::ready);
    return turn;
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

void InStep::leave() noexcept
try {
    if (run_.muster == nullptr)
        return;
    const auto leave = [this](const char* why, Muster::Why kind) {
        run_.muster->leave(run_.assignment.vm, why, kind);
    };
    try {
        throw;
    } catch (const Skip& skip) {
        leave(skip.what(),
              skip.cause() == Skip::Cause::hook ? Muster::Why::failed : Muster::Why::skipped);
    } catch (const AnotherRun& other) {
        leave(other.what(), Muster::Why::skipped);
    } catch (const std::exception& e) {
        leave(e.what(), Muster::Why::failed);
    } catch (...) {
        leave("it was interrupted", Muster::Why::failed);
    }
} catch (const std::exception&) {  // no memory: whoever runs it says so to the others
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
