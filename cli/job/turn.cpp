// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/turn.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"
#include "job/facts.hpp"
#include "job/in_step.hpp"
#include "job/make_ready.hpp"
#include "job/obstacles.hpp"
#include "job/skip.hpp"

namespace vmrotate::job {

CopyPlace place_of(const Prepared& prepared)
{
    const std::string& host = prepared.host.host_id;
    return {datastores_of(prepared.source), prepared.target.datastore.id,
            host.empty() ? prepared.source.host_id : host, room_needed(prepared.source),
            prepared.target.datastore.free};
}

namespace {

/// One from the future proves nothing: a clock was wrong.
bool is_fresh(const Run& run, const rotation::Generation& generation, rotation::Time now)
{
    constexpr std::chrono::minutes tolerance{5};
    return generation.condition != rotation::Condition::set_aside &&
           generation.taken <= now + tolerance &&
           (generation.taken >= *run.fresh_since || generation.taken == run.made_by_another);
}

bool is_same_load(const CopyPlace& a, const CopyPlace& b)
{
    return a.source_datastore_ids == b.source_datastore_ids &&
           a.target_datastore_id == b.target_datastore_id && a.host_id == b.host_id;
}

}  // namespace

void refuse_fresh(const Run& run, const rotation::Set& set, rotation::Time server_time)
{
    if (!run.fresh_since)
        return;
    const rotation::Time now = std::max(server_time, run.clock.now());
    for (const rotation::Generation& generation : set.generations)
        if (is_fresh(run, generation, now))
            throw Skip(Skip::Cause::fresh,
                       fmt::format("its generation '{}' was taken {} ago", generation.name,
                                   duration_text(now - generation.taken)));
}

std::unique_ptr<Gate::Pass> take_turn(vimclient::Vsphere& vsphere, const Run& run,
                                      Prepared& prepared)
{
    constexpr std::chrono::seconds long_wait{10};  // others fill the datastore meanwhile
    if (run.gate == nullptr)
        return {};
    for (;;) {
        const auto place = place_of(prepared);
        run.observer.step("waiting for its turn to be copied");
        const auto asked = run.clock.steady();
        auto pass = run.gate->copy(place);
        if (run.clock.steady() - asked < long_wait)
            return pass;
        auto seen = survey(vsphere, run);
        if (!is_in_step(run))  // else the group decides about all of its members
            refuse_fresh(run, seen.set, seen.server_time);
        prepared = prepare(vsphere, run, std::move(seen));
        make_ready(vsphere, run, prepared);
        // A group was judged as a whole before its members hold what others of them wait for.
        const auto now = place_of(prepared);
        if (is_in_step(run) || (is_same_load(now, place) && run.gate->still_fits(now)))
            return pass;
    }
}

}  // namespace vmrotate::job
