// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/schedule.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>

#include "fleet/window.hpp"

namespace vmrotate::fleet {
namespace {

using Counted = std::function<bool(const InFlight&)>;

bool has_room(int limit, const std::vector<InFlight>& in_flight, const Counted& counted)
{
    return std::ranges::count_if(in_flight, counted) < limit;
}

/// Whether each limit, times `factor`, leaves room for one more among those that count.
bool within_limits(const job::CopyPlace& place, const config::JobRules& rules, int factor,
                   const std::vector<InFlight>& in_flight, const Counted& counts)
{
    const auto room = [&](int limit, const std::string& id, const auto& uses) {
        return id.empty() || has_room(factor * limit, in_flight, [&](const InFlight& other) {
                   return counts(other) && uses(other.place, id);
               });
    };
    const auto reads = [](const job::CopyPlace& other, const std::string& id) {
        return std::ranges::count(other.source_datastore_ids, id) > 0;
    };
    const auto writes = [](const job::CopyPlace& other, const std::string& id) {
        return other.target_datastore_id == id;
    };
    const auto makes = [](const job::CopyPlace& other, const std::string& id) {
        return other.host_id == id;
    };
    return has_room(factor * rules.concurrency, in_flight, counts) &&
           std::ranges::all_of(place.source_datastore_ids,
                               [&](const std::string& id) {
                                   return room(rules.per_source_datastore, id, reads);
                               }) &&
           room(rules.per_target_datastore, place.target_datastore_id, writes) &&
           room(rules.per_host, place.host_id, makes);
}

bool is_copying(const InFlight& vm)
{
    return vm.phase == Phase::copying;
}

bool is_ending(const InFlight& vm)
{
    return vm.phase == Phase::ending;
}

}  // namespace

void sort_by_need(std::vector<Waiting>& waiting)
{
    std::ranges::stable_sort(waiting, {}, &Waiting::newest);  // nothing comes before any time
}

bool has_bytes(const job::CopyPlace& place, const std::vector<InFlight>& in_flight)
{
    std::int64_t taken = 0;
    for (const InFlight& other : in_flight)
        if (is_copying(other) && other.place.target_datastore_id == place.target_datastore_id)
            taken += other.place.bytes_needed;
    return taken == 0 || place.bytes_needed == 0 || taken + place.bytes_needed <= place.bytes_free;
}

bool may_copy(const job::CopyPlace& place, const config::JobRules& rules,
              const std::vector<InFlight>& in_flight)
{
    return has_room(2 * rules.concurrency, in_flight, is_ending) &&
           within_limits(place, rules, 1, in_flight, is_copying) && has_bytes(place, in_flight);
}

bool may_begin(const Waiting& vm, const std::vector<InFlight>& in_flight)
{
    return has_room(2 * vm.rules.concurrency, in_flight, is_ending) &&
           within_limits(vm.place, vm.rules, 2, in_flight,
                         [](const InFlight& other) { return !is_ending(other); });
}

namespace {

/// For another job.
bool is_in_flight(const Waiting& vm, const std::vector<InFlight>& in_flight)
{
    return !vm.source.empty() && std::ranges::count(in_flight, vm.source, &InFlight::source) > 0;
}

/// Another member of its group has begun.
bool is_expected(const Waiting& vm, const std::vector<InFlight>& in_flight)
{
    return !vm.group.empty() && std::ranges::count(in_flight, vm.group, &InFlight::group) > 0 &&
           !is_in_flight(vm, in_flight);
}

bool is_group_preparing(const std::vector<InFlight>& in_flight)
{
    return std::ranges::any_of(in_flight, [](const InFlight& vm) {
        return !vm.group.empty() && vm.phase == Phase::preparing &&
               vm.place.kind != job::CopyKind::further;
    });
}

/// Hundreds wait with the same rules and the same place: what is found for one holds for those
/// that come after it.
class Judge {
public:
    Judge(const std::vector<InFlight>& in_flight, const std::string& local_stamp)
        : in_flight_(in_flight), local_stamp_(local_stamp)
    {
    }

    bool is_open(const Waiting& vm)
    {
        if (opened_ == nullptr || opened_->rules != vm.rules) {
            opened_ = &vm;
            is_open_ = fleet::is_open(vm.rules, local_stamp_);
        }
        return is_open_;
    }

    bool may_begin(const Waiting& vm)
    {
        if (begun_ == nullptr || begun_->rules != vm.rules || begun_->place != vm.place) {
            begun_ = &vm;
            may_begin_ = fleet::may_begin(vm, in_flight_);
        }
        return may_begin_;
    }

private:
    const std::vector<InFlight>& in_flight_;
    const std::string& local_stamp_;
    const Waiting *opened_ = nullptr, *begun_ = nullptr;
    bool is_open_ = false, may_begin_ = false;
};

/// Of those whose window is open; `others` is whether any of them need not be alone.
bool may_begin_now(const Waiting& vm, const std::vector<InFlight>& in_flight, bool others,
                   Judge& judge)
{
    if (vm.alone)
        return !others && in_flight.empty();
    if (std::ranges::count(in_flight, true, &InFlight::alone) > 0 || is_in_flight(vm, in_flight))
        return false;
    return judge.may_begin(vm) && (vm.group.empty() || !is_group_preparing(in_flight));
}

}  // namespace

Next next(const std::vector<Waiting>& waiting, const std::vector<InFlight>& in_flight,
          const std::string& local_stamp)
{
    Next next;
    Judge judge(in_flight, local_stamp);
    std::vector<std::size_t> open;
    for (std::size_t i = 0; i < waiting.size(); ++i)
        (!waiting[i].by_name && !judge.is_open(waiting[i]) ? next.closed : open).push_back(i);
    const bool others = std::ranges::any_of(open, [&](std::size_t i) { return !waiting[i].alone; });
    for (const std::size_t i : open)
        if (!next.begin && is_expected(waiting[i], in_flight))
            next.begin = i;
    for (const std::size_t i : open)
        if (!next.begin && may_begin_now(waiting[i], in_flight, others, judge))
            next.begin = i;
    return next;
}

}  // namespace vmrotate::fleet
