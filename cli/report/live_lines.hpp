// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <string>
#include <vector>

#include "report/pace.hpp"

/// What a terminal shows while VMs are backed up. Everything here is pure.
namespace vmrotate::report {

/// Of a terminal, in cells.
struct ScreenSize {
    int columns = 80, rows = 24;
};

/// A VM that is being backed up. Moments are those of a clock that never steps.
struct Flight {
    std::string vm;
    std::string step = {};               ///< what goes on: "taking the snapshot"
    std::chrono::milliseconds since{0};  ///< when that step began
    std::optional<int> percent = {};     ///< of the copy, once the server told
    std::int64_t in_use = 0;             ///< bytes that the source uses; 0: not known
    Pace pace = {};
};

/// A run over several VMs, in figures.
struct Tally {
    std::size_t vms = 0;  ///< those that are to be backed up
    std::size_t done = 0, failed = 0, skipped = 0;
    std::chrono::milliseconds began{0};
};

/// What is known of the amount: "about 12 of 40 GiB". The server tells per cent of the copy, and
/// how much the source uses; so it is an estimate. Empty where the size is not known.
std::string copied_text(int percent, std::int64_t in_use);

/// A line for each flight, and one with the tally where there are several VMs. No line takes
/// more than 79 cells, nor the screen's last column: a terminal that is made narrower, but not
/// below 80 columns, breaks none of them. Not more lines than the screen has above its last
/// one; flights that find no room are counted: "… and 3 more".
std::vector<std::string> live_lines(const std::list<Flight>& flights, const Tally& tally,
                                    ScreenSize screen, std::chrono::milliseconds now);

}  // namespace vmrotate::report
