// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "config/config.hpp"

namespace vmrotate::fleet {

/// Whether copies of a job with these rules may start at this local time, "202609250241". A window
/// that crosses midnight belongs to the day on which it begins. Pure.
bool is_open(const config::JobRules& rules, const std::string& local_stamp);

/// Why a VM was skipped: "window (01:00-05:30)", "window (01:00-05:30 on mon, fri)", "window (on
/// mon)".
std::string closed_text(const config::JobRules& rules);

}  // namespace vmrotate::fleet
