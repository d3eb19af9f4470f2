// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "rotation/set.hpp"

/// Decides where the next generation goes and which old ones expire.
///
/// Everything here is pure: no clock, no file, no network. The caller reads the set,
/// `plan` decides, the caller acts. What `--dry-run` prints is therefore exactly what a
/// real run does.
///
/// A set is a ring of `keep + 1` numbered slots, one of them the gap where the next
/// generation goes. With keep = 3 the runs go 01, 02, 03, 04, 01, ...
namespace vmrotate::rotation {

struct Rules {
    int keep = 3;                     ///< 1 to 98; a value outside counts as the nearest
    std::chrono::seconds min_age{0};  ///< nothing younger expires
    Time now{};                       ///< the server's clock; used for `min_age` only
    int brake = 2;                    ///< at most so many expire in one run
};

enum class Fate {
    keep,
    expire,
    hold,  ///< it is due, and something holds it back: a warning
};

/// What is to happen to one generation, and why.
struct Decision {
    Generation generation;
    Fate fate = Fate::keep;
    std::string reason;  ///< "2 of 3", "older than the newest 3", "is pinned: audit"

    bool operator==(const Decision&) const = default;
};

struct Plan {
    int slot = 1;                     ///< where the next generation goes
    long seq = 1;                     ///< its number in the set
    std::vector<Decision> decisions;  ///< one for each generation, newest first

    bool operator==(const Plan&) const = default;
};

/// Plans the next run.
///
/// The decisions hold once the next generation is complete, not before. It counts as the
/// newest of the `keep` that stay, so
///  - the newest `keep - 1` good generations stay, older good ones are due;
///  - a pinned one, one in use, or one that somebody changed stays and takes no place
///    among them;
///  - while one is in use, or one cannot be read, nothing expires;
///  - the oldest go first, at most `brake` of them.
/// The slot is the first free one after the newest generation's, round the ring; where none
/// is free, the one after it: names carry the time, nothing is deleted to make room.
Plan plan(const Set& set, const Rules& rules);

/// Decides the same where no generation is to come, newest first: the newest `keep` good ones
/// stay. What holds something back in `plan` holds it back here.
std::vector<Decision> retention(const Set& set, const Rules& rules);

/// The next slot to try where the name in `slot` is taken by somebody else: the next free one
/// round the ring; where none is free, the one after it.
int next_free_slot(const Set& set, int slot, int keep);

}  // namespace vmrotate::rotation
