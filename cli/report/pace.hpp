// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>

namespace vmrotate::report {

/// How fast a copy goes, and so how long it will take. Times are those of a clock that never
/// steps.
///
/// The rate is a moving average: what lies further back than a quarter of the copy's time, at
/// least half a minute, hardly counts. So a datastore that slows down shows, a hiccup does not.
class Pace {
public:
    /// The copy has got so far. A per cent that is lower than the last one begins a new copy.
    void reach(int percent, std::chrono::milliseconds now);

    /// Time left. Nothing before there is something to say: two steps of the per cent and five
    /// seconds after the first one; nothing at the end either.
    std::optional<std::chrono::seconds> left(std::chrono::milliseconds now) const;

private:
    int first_ = -1, last_ = -1;  ///< per cent
    std::chrono::milliseconds began_{0}, reached_{0};
    double rate_ = 0;  ///< per cent in a millisecond
};

/// For a screen: to 5 s below a minute, to 10 s below ten, then to whole minutes; never less
/// than 5 s.
std::chrono::seconds rounded(std::chrono::seconds left);

}  // namespace vmrotate::report
