// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/pace.hpp"

#include <algorithm>
#include <cmath>

namespace vmrotate::report {
namespace {

using namespace std::chrono_literals;
using std::chrono::milliseconds;

double ticks(milliseconds time)
{
    return static_cast<double>(time.count());
}

}  // namespace

void Pace::reach(int percent, milliseconds now)
{
    if (first_ < 0 || percent < last_) {
        *this = Pace();
        first_ = last_ = percent;
        began_ = reached_ = now;
        return;
    }
    const milliseconds step = now - reached_;
    if (percent == last_ || step <= 0ms)
        return;
    const double rate = (percent - last_) / ticks(step);
    const milliseconds memory = std::max<milliseconds>(30s, (now - began_) / 4);
    const double weight = rate_ == 0 ? 1 : 1 - std::exp(-ticks(step) / ticks(memory));
    rate_ += weight * (rate - rate_);
    last_ = percent;
    reached_ = now;
}

std::optional<std::chrono::seconds> Pace::left(milliseconds now) const
{
    if (last_ < first_ + 2 || last_ >= 100 || now - began_ < 5s)
        return std::nullopt;
    const double rest = (100 - last_) / rate_ - ticks(now - reached_);
    return std::chrono::seconds(std::llround(std::max(rest, 0.0) / 1000));
}

std::chrono::seconds rounded(std::chrono::seconds left)
{
    const auto unit = left < 1min ? 5s : left < 10min ? 10s : std::chrono::seconds(1min);
    return std::max<std::chrono::seconds>((left + unit / 2) / unit * unit, 5s);
}

}  // namespace vmrotate::report
