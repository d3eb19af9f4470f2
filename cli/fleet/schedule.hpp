// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "config/config.hpp"
#include "job/gate.hpp"

/// Which VM is next, and which has to wait. Pure.
namespace vmrotate::fleet {

/// What a VM in flight is at.
enum class Phase {
    preparing,  ///< up to the right to copy
    copying,    ///< snapshot and copy
    ending,     ///< what comes after the copy
};

struct InFlight {
    std::size_t vm = 0;  ///< its number
    Phase phase = Phase::preparing;
    job::CopyPlace place = {};
    std::string group = {};   ///< whose members begin at once; empty: none
    bool alone = false;       ///< nothing else may be in flight
    std::string source = {};  ///< the VM's name
};

/// A VM that has not begun.
struct Waiting {
    std::size_t vm = 0;                                   ///< its number
    std::optional<std::chrono::sys_seconds> newest = {};  ///< when its newest generation was taken
    job::CopyPlace place = {};                            ///< as far as it is known
    config::JobRules rules = {};
    bool by_name = false;     ///< no window holds for it
    std::string group = {};   ///< whose members begin at once; empty: none
    bool alone = false;       ///< it comes last, and nothing else is in flight meanwhile
    std::string source = {};  ///< the VM's name; not begun while it is in flight for another job
};

/// Most overdue first: those without a generation, then by the age of the newest; those that are
/// equal stay in their order.
void sort_by_need(std::vector<Waiting>& waiting);

/// Whether the target has room for this copy beside those that still write to it. Alone it has:
/// that is looked at before.
bool has_bytes(const job::CopyPlace& place, const std::vector<InFlight>& in_flight);

/// Whether the limits allow one more copy now. What its job says holds for all that are in
/// flight, of whatever job. Copies at work take of a datastore's room what they need at most, and
/// none begins where that may be too little. Copies do not run away from the removals of their
/// snapshots: there are never more than twice as many VMs with an ended copy as there may be
/// copies.
bool may_copy(const job::CopyPlace& place, const config::JobRules& rules,
              const std::vector<InFlight>& in_flight);

/// Whether it is worth while to begin with this VM: as many are prepared as may copy at once, so
/// that a place that gets free is taken at once.
bool may_begin(const Waiting& vm, const std::vector<InFlight>& in_flight);

/// What is to be done with the VMs that wait, at this local time ("202609250241").
/// The members of a group begin one right after the other, whatever the limits: they are to be
/// copied at once. No group begins while another one is preparing, as each would hold what the
/// other needs. What has to be alone begins when nothing else waits or is in flight.
struct Next {
    std::optional<std::size_t> begin;  ///< the position in `waiting`
    std::vector<std::size_t> closed;   ///< positions: their window is over, or not yet open
};

Next next(const std::vector<Waiting>& waiting, const std::vector<InFlight>& in_flight,
          const std::string& local_stamp);

}  // namespace vmrotate::fleet
