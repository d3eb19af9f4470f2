// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "fleet/schedule.hpp"
#include "job/gate.hpp"

/// Many VMs at once: a thread for each that is in flight.
namespace vmrotate::fleet {

/// What a VM's thread gets.
struct Turn {
    std::size_t vm = 0;
    job::Gate& gate;
    std::stop_token stop;           ///< of the whole run, and of this VM's deadline
    std::function<bool()> is_late;  ///< its deadline has passed, and its copy was told to stop
};

/// What is done with the VMs, each known by its number.
struct Crew {
    /// On a thread of its own; must not throw.
    std::function<void(const Turn&)> act;

    /// The VM is not begun, and why: its window. From the thread of `run`.
    std::function<void(std::size_t vm, const std::string& reason)> skip;

    /// No thread can be had for it now: whoever waits for this one must not. May be empty.
    std::function<void(std::size_t vm)> drop = {};

    /// How long its copy may take, its snapshot included; 0: for ever.
    std::function<std::chrono::milliseconds(std::size_t vm)> deadline;
};

/// Works through these VMs in order of need, within their limits and windows, until the last one
/// has ended. After a stop request no other is begun, and those in flight are told; returns the
/// numbers of those that were neither begun nor skipped then.
///
/// Where no thread can be had it goes on with those that there are, or with its own.
std::vector<std::size_t> run(std::vector<Waiting> waiting, const Clock& clock,
                             const std::stop_token& stop, const Crew& crew);

}  // namespace vmrotate::fleet
