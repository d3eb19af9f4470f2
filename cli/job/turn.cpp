// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/turn.hpp"

#include <algorithm>
#include <functional>
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

namespace {

/// Waits until the gate lets the copy pass. After a long wait all is planned anew, and where that
/// puts its load elsewhere, or finds too little room, it waits again; but for who `holds_once`.
std::unique_ptr<Gate::Pass> wait_for_turn(const Run& run, const std::function<CopyPlace()>& place,
                                          const std::function<void()>& plan_anew, bool holds_once)
{
    constexpr std::chrono::seconds long_wait{10};  // others fill the datastore meanwhile
    for (;;) {
        const auto asked_for = place();
        run.observer.step("waiting for its turn to be copied");
        const auto asked = run.clock.steady();
        auto pass = run.gate->copy(asked_for);
        if (run.clock.steady() - asked < long_wait)
            return pass;
        plan_anew();
        const auto now = place();
        if (holds_once || (is_same_load(now, asked_for) && run.gate->still_fits(now)))
            return pass;
    }
}

}  // namespace

std::unique_ptr<Gate::Pass> take_turn(vimclient::Vsphere& vsphere, const Run& run,
                                      Prepared& prepared)
{
    if (run.gate == nullptr)
        return {};
    const auto plan_anew = [&] {
        auto seen = survey(vsphere, run);
        if (!is_in_step(run))  // else the group decides about all of its members
            refuse_fresh(run, seen.set, seen.server_time);
        prepared = prepare(vsphere, run, std::move(seen));
        make_ready(vsphere, run, prepared);
    };
    // A group was judged as a whole before its members hold what others of them wait for.
    return wait_for_turn(
        run, [&] { return place_of(prepared); }, plan_anew, is_in_step(run));
}

std::unique_ptr<Gate::Pass> take_turn_beside(const Run& run, const Prepared& first,
                                             Prepared& prepared,
                                             const std::function<Prepared()>& plan)
{
    if (run.gate == nullptr)
        return {};
    const auto place = [&] {
        auto load = place_of(prepared);
        load.source_datastore_ids = {first.target.datastore.id};
        load.kind = CopyKind::further;
        return load;
    };
    return wait_for_turn(
        run, place, [&] { prepared = plan(); }, false);
}

}  // namespace vmrotate::job
