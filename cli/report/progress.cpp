// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/progress.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::report {

Progress::Progress(Board& board, Clock clock, std::string vm, Detail detail)
    : board_(board),
      clock_(std::move(clock)),
      vm_(std::move(vm)),
      detail_(detail),
      flight_(board.take_off(vm_))
{
    board_.event("start", vm_, Json::object());
}

Progress::~Progress()
{
    try {
        done();
    } catch (const std::exception&) {  // no memory: the block is drawn by the next call
    }
}

void Progress::done()
{
    const std::lock_guard lock(guard_);
    if (std::exchange(is_in_flight_, false))
        board_.land(flight_);
}

std::vector<std::string> Progress::warnings() const
{
    const std::lock_guard lock(guard_);
    return warnings_;
}

std::vector<std::string> Progress::deeds() const
{
    const std::lock_guard lock(guard_);
    return deeds_;
}

void Progress::step(const std::string& what)
{
    const std::lock_guard lock(guard_);
    tenths_ = 0;
    change([&](Flight& flight) {
        flight.step = what;
        flight.since = clock_.steady();
        flight.percent.reset();
        flight.pace = Pace();
    });
    board_.event("step", vm_, {{"step", what}});
    if (is_plain())
        write(what);
}

void Progress::source_uses(std::int64_t bytes)
{
    const std::lock_guard lock(guard_);
    change([&](Flight& flight) { flight.in_use = bytes; });
}

void Progress::copying(int percent)
{
    const std::lock_guard lock(guard_);
    percent = std::clamp(percent, 0, 100);
    change([&](Flight& flight) {
        flight.percent = percent;
        flight.pace.reach(percent, clock_.steady());
    });
    if (!is_in_flight_ || percent / 10 <= tenths_)
        return;
    tenths_ = percent / 10;
    tell_share(tenths_ * 10);
}

void Progress::tell_share(int percent)
{
    Json share = {{"percent", percent}};
    if (flight_->in_use > 0) {
        share["bytes_in_use"] = flight_->in_use;
        share["bytes_copied_estimate"] = flight_->in_use / 100 * percent;
    }
    if (const auto left = flight_->pace.left(clock_.steady()))
        share["seconds_left"] = left->count();
    board_.event("progress", vm_, share);
    if (is_plain())
        write(fmt::format("copied {} %", percent));
}

void Progress::remark(const std::string& text)
{
    const std::lock_guard lock(guard_);
    board_.event("remark", vm_, {{"message", text}});
    if (detail_ != Detail::warnings)
        write(text);
}

void Progress::detail(const std::string& text)
{
    const std::lock_guard lock(guard_);
    if (detail_ == Detail::verbose)
        write(text);
}

void Progress::healed(const std::string& text)
{
    const std::lock_guard lock(guard_);
    deeds_.push_back(text);
    board_.event("healed", vm_, {{"message", text}});
    if (detail_ != Detail::warnings)
        write(text);
}

void Progress::warning(const std::string& text)
{
    const std::lock_guard lock(guard_);
    warnings_.push_back(text);
    board_.event("warning", vm_, {{"message", text}});
    board_.write({.out = {}, .err = warning_text(vm_, text)});
}

void Progress::change(const std::function<void(Flight&)>& deed)
{
    if (is_in_flight_)
        board_.change(flight_, deed);
}

/// Steps are lines of their own, where no block shows them.
bool Progress::is_plain() const
{
    return detail_ != Detail::warnings && !(detail_ == Detail::live && board_.shows_block());
}

void Progress::write(const std::string& text)
{
    const std::string when =
        detail_ == Detail::verbose ? clock_.local_text(clock_.now()) + " " : std::string();
    board_.write(
        {.out = {}, .err = fmt::format("{}{}: {}\n", when, printable(vm_), printable(text))});
}

}  // namespace vmrotate::report
