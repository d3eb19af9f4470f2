// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>

#include "base/text.hpp"

/// Measured times, as reports show them.
namespace vmrotate::report {

/// For people, to the nearest second: "3 min 20 s".
inline std::string seconds_text(std::chrono::milliseconds time)
{
    return duration_text(std::chrono::round<std::chrono::seconds>(time));
}

/// For programs: seconds, with three decimals.
inline double seconds_of(std::chrono::milliseconds time)
{
    return static_cast<double>(time.count()) / 1000.0;
}

}  // namespace vmrotate::report
