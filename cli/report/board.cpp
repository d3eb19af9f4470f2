// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/board.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "report/json_lines.hpp"
#include "report/progress.hpp"
#include "rotation/mark.hpp"

namespace vmrotate::report {
namespace {

using namespace std::chrono_literals;

constexpr auto between_drawings = 100ms;

void send(std::ostream& stream, const std::string& text)
{
    stream.write(text.data(), static_cast<std::streamsize>(text.size()));
    stream.flush();
}

}  // namespace

Board::Board(Surroundings surroundings)
    : world_(std::move(surroundings)), on_stop_(world_.stop, [this] { erase_on_stop(); })
{
}

Board::~Board()
{
    try {
        end();
    } catch (const std::exception&) {  // no memory: the screen stays as it is
    }
}

void Board::begin(std::size_t vms, Manner manner)
{
    const std::lock_guard lock(guard_);
    if (!has_begun_)
        tally_.began = world_.clock.steady();
    has_begun_ = true;
    manner_ = manner;
    tally_.vms = vms;
}

std::unique_ptr<Progress> Board::watch(const std::string& vm, Detail detail)
{
    return std::make_unique<Progress>(*this, world_.clock, vm, detail);
}

void Board::ended(End end)
{
    const std::lock_guard lock(guard_);
    ++(end == End::done ? tally_.done : end == End::failed ? tally_.failed : tally_.skipped);
}

void Board::write(const Told& told)
{
    const std::lock_guard lock(guard_);
    if (!told.out.empty())
        unsent_.push_back(told.out);
    put(told.err);
}

void Board::tick()
{
    const std::lock_guard lock(guard_);
    put({});
}

void Board::end()
{
    const std::lock_guard lock(guard_);
    erase();
    has_begun_ = false;
    for (; !unsent_.empty(); unsent_.pop_front())
        send(world_.out, unsent_.front());
}

Board::Place Board::take_off(const std::string& vm)
{
    const std::lock_guard lock(guard_);
    const Place place =
        flights_.insert(flights_.end(), Flight{.vm = vm, .since = world_.clock.steady()});
    paint();
    return place;
}

void Board::land(Place flight)
{
    const std::lock_guard lock(guard_);
    flights_.erase(flight);  // not drawn: its end is told next
}

void Board::change(Place flight, const std::function<void(Flight&)>& deed)
{
    const std::lock_guard lock(guard_);
    deed(*flight);
    paint();
}

bool Board::shows_block()
{
    const std::lock_guard lock(guard_);
    return is_live();
}

bool Board::is_live() const
{
    return has_begun_ && manner_.detail == Detail::live && !world_.stop.stop_requested();
}

void Board::event(const std::string& type, const std::string& vm, const Json& members)
{
    const std::lock_guard lock(guard_);
    if (!has_begun_ || !manner_.events)
        return;
    Json line = Json::object();
    if (!vm.empty())
        line["vm"] = vm;
    line["at"] = rotation::utc_text(world_.clock.now());
    line.update(members);
    unsent_.push_back(json_line(type, line));
    put({});
}

/// What was kept for `out`, then this text.
void Board::put(const std::string& for_err)
{
    const bool sends = !unsent_.empty() && world_.out_is_ready();
    if (!for_err.empty() || (sends && world_.out_is_screen))
        erase();
    if (sends)
        send_what_is_ready();
    if (!for_err.empty())
        send(world_.err, for_err);
    paint();
}

void Board::send_what_is_ready()
{
    do {
        send(world_.out, unsent_.front());
        unsent_.pop_front();
    } while (!unsent_.empty() && world_.out_is_ready());
}

void Board::erase()
{
    if (!drawn_.empty() && !is_lost_)
        send(world_.err, way_up(world_.screen()) + "\033[J");
    drawn_.clear();
}

void Board::paint()
{
    if (!is_live())
        return;
    const auto now = world_.clock.steady();
    if (painted_ && now - *painted_ < between_drawings)
        return;
    const ScreenSize screen = world_.screen();
    std::vector<std::string> lines = live_lines(flights_, tally_, screen, now);
    painted_ = now;
    if (lines == drawn_)
        return;
    std::string text = way_up(screen);
    for (const std::string& line : lines)
        text += fmt::format("\r{}\033[K\n", line);
    send(world_.err, text + "\033[J");
    drawn_ = std::move(lines);
}

/// Other threads write to the terminal right after this: what is not erased now stays.
void Board::erase_on_stop()
try {
    const std::unique_lock lock(guard_, 200ms);
    if (lock)
        erase();
    is_lost_ = true;
} catch (const std::exception&) {  // no memory: the screen stays as it is
}

/// To the block's first line. No further than there are rows, nor where others may have
/// written: a line that a narrower screen broke in two counts as one.
std::string Board::way_up(ScreenSize screen) const
{
    const auto rows = std::min<std::ptrdiff_t>(std::ssize(drawn_), screen.rows - 1);
    return rows > 0 ? fmt::format("\r\033[{}A", rows) : "\r";
}

}  // namespace vmrotate::report
