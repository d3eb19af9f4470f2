// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/schedule.hpp"

#include <algorithm>
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

bool is_ending(const InFlight& vm)
{
    return vm.phase == Phase::ending;
}

}  // namespace

void sort_by_need(std::vector<Waiting>& waiting)
{
    std::ranges::stable_sort(waiting, {}, &Waiting::newest);  // nothing comes before any time
}

bool may_copy(const job::CopyPlace& place, const config::JobRules& rules,
              const std::vector<InFlight>& in_flight)
{
    return has_room(2 * rules.concurrency, in_flight, is_ending) &&
           within_limits(place, rules, 1, in_flight,
                         [](const InFlight& vm) { return vm.phase == Phase::copying; });
}

bool may_begin(const Waiting& vm, const std::vector<InFlight>& in_flight)
{
    return has_room(2 * vm.rules.concurrency, in_flight, is_ending) &&
           within_limits(vm.place, vm.rules, 2, in_flight,
                         [](const InFlight& other) { return !is_ending(other); });
}

Next next(const std::vector<Waiting>& waiting, const std::vector<InFlight>& in_flight,
          const std::string& local_stamp)
{
    Next next;
    for (std::size_t i = 0; i < waiting.size(); ++i) {
        const Waiting& vm = waiting[i];
        if (!vm.by_name && !is_open(vm.rules, local_stamp))
            next.closed.push_back(i);
        else if (!next.begin && may_begin(vm, in_flight))
            next.begin = i;
    }
    return next;
}

}  // namespace vmrotate::fleet
