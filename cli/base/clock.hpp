// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <string>

namespace vmrotate {

/// Time as this program sees it. Tests bring their own.
struct Clock {
    std::function<std::chrono::sys_seconds()> now;         ///< UTC, of this machine
    std::function<std::chrono::milliseconds()> steady;     ///< for durations; never steps
    std::function<void(std::chrono::milliseconds)> pause;  ///< returns early on a stop request
    std::function<void(std::chrono::milliseconds)> rest;   ///< does not: for undoing

    /// "202609250241" in local time, for names.
    std::function<std::string(std::chrono::sys_seconds)> stamp;

    /// The moment that such a stamp names in local time. Of one that comes twice, when clocks are
    /// set back, either; of one that is left out, one within the hour.
    std::function<std::chrono::sys_seconds(const std::string& stamp)> moment;

    /// "2026-09-25 02:41:07" in local time, for screens.
    std::function<std::string(std::chrono::sys_seconds)> local_text;
};

}  // namespace vmrotate
