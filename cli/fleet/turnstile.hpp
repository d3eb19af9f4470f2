// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <set>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

#include "fleet/schedule.hpp"
#include "job/gate.hpp"

namespace vmrotate::fleet {

/// What all VMs in flight share: who is at what, and whose turn it is. All calls may come from any
/// thread.
///
/// Of those that ask for the right to copy, and that the limits allow it, first come those whose
/// group waits for them with the rights that it has, and those that have a snapshot: what they need
/// is left to them. Then the others as they have begun, but copies to further places of VMs without
/// a group last. Nobody is overtaken on a datastore where only room is wanting.
class Turnstile {
public:
    /// `local_stamp` is now, as "202609250241"; `steady` never steps. After a stop of all nobody
    /// waits any more: nobody may copy, and everybody may remove.
    Turnstile(std::function<std::string()> local_stamp,
              std::function<std::chrono::milliseconds()> steady, std::stop_token stop_of_all);

    Turnstile(const Turnstile&) = delete;
    Turnstile& operator=(const Turnstile&) = delete;

    /// A VM begins. The gate is its own, for as long as it and this object live; its stop ends the
    /// wait for a copy.
    std::unique_ptr<job::Gate> begin(const Waiting& vm, std::stop_token stop);

    /// It is no longer in flight.
    void end(std::size_t vm);

    std::vector<InFlight> in_flight() const;

    /// The VMs that have been copying for their time, given by number, or longer.
    std::vector<std::size_t> overdue(
        const std::function<std::chrono::milliseconds(std::size_t vm)>& allowed) const;

    /// Waits until something has changed since the last call, at most for this long.
    void wait_for_news(std::chrono::milliseconds at_most);

    /// There is something to look at.
    void tell_news();

private:
    class VmGate;
    struct State : InFlight {
        config::JobRules rules;
        bool by_name = false;
        std::size_t number = 0;  ///< in the order of beginning
        std::chrono::milliseconds copying_since{0};
    };
    enum class Need { group, snapshot, usual, late };
    using Rank = std::pair<Need, std::size_t>;

    bool is_awaited(const State& vm) const;
    Rank rank_of(const State& vm) const;
    bool is_next(const State& vm) const;
    void changed();

    std::function<std::string()> local_stamp_;
    std::function<std::chrono::milliseconds()> steady_;
    std::stop_token stop_of_all_;
    mutable std::mutex mutex_;
    std::condition_variable_any turn_, news_;
    bool has_news_ = false;
    std::list<State> states_;              ///< in the order in which they began
    std::list<State*> queue_;              ///< who asks for the right to copy
    std::size_t begun_ = 0;                ///< so many, ever
    std::multiset<std::string> removing_;  ///< datastores
};

}  // namespace vmrotate::fleet
