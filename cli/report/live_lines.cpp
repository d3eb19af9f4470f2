// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/live_lines.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/text.hpp"
#include "base/width.hpp"

namespace vmrotate::report {
namespace {

using std::chrono::milliseconds;

constexpr int widest_line = 79;
constexpr std::size_t longest_text = 200;  // characters of a name or a step

/// Where the parts of a line stand: the same in each of them.
struct Layout {
    int width = 0;  ///< of the line
    int name = 0;   ///< of the VM's name
    int bar = 0;    ///< between its brackets; 0: there is no room for one
};

Layout layout_for(const std::list<Flight>& flights, ScreenSize screen)
{
    constexpr int percent = 7, notes = 42, narrowest_bar = 8;  // "  100 %", amount and time left
    Layout layout;
    layout.width = std::clamp(screen.columns - 1, 0, widest_line);
    for (const Flight& flight : flights)
        layout.name = std::max(layout.name, cells(vmrotate::printable(flight.vm, longest_text)));
    layout.name = std::min(layout.name, layout.width / 3);
    const int room = layout.width - layout.name - percent - notes - 4;
    layout.bar = room < narrowest_bar ? 0 : room;
    return layout;
}

std::string elapsed_text(milliseconds time)
{
    return duration_text(std::chrono::duration_cast<std::chrono::seconds>(time));
}

std::string bar_of(int percent, int width)
{
    if (width == 0)
        return {};
    const auto filled = static_cast<std::size_t>(width * percent / 100);
    return fmt::format("[{}{}] ", std::string(filled, '='),
                       std::string(static_cast<std::size_t>(width) - filled, ' '));
}

std::string notes_of(const Flight& flight, milliseconds now)
{
    std::string notes = copied_text(*flight.percent, flight.in_use);
    if (const auto left = flight.pace.left(now))
        notes += fmt::format("{}{} left", notes.empty() ? "" : ", ", duration_text(rounded(*left)));
    return notes.empty() ? notes : "  " + notes;
}

std::string what_goes_on(const Flight& flight, const Layout& layout, milliseconds now)
{
    if (flight.percent)
        return fmt::format("{}{:3} %{}", bar_of(*flight.percent, layout.bar), *flight.percent,
                           notes_of(flight, now));
    const milliseconds elapsed = now - flight.since;
    const std::string step = vmrotate::printable(flight.step, longest_text);
    return elapsed < std::chrono::seconds(2) ? step
                                             : fmt::format("{} ({})", step, elapsed_text(elapsed));
}

std::string line_of(const Flight& flight, const Layout& layout, milliseconds now)
{
    return cut_to(
        fmt::format("{}  {}", padded_to(vmrotate::printable(flight.vm, longest_text), layout.name),
                    what_goes_on(flight, layout, now)),
        layout.width);
}

std::string line_of(const Tally& tally, std::size_t in_flight, milliseconds now)
{
    const std::size_t over = tally.done + tally.failed + tally.skipped + in_flight;
    std::string line = fmt::format("{} of {} VMs done, {} in flight, {} waiting", tally.done,
                                   tally.vms, in_flight, tally.vms - std::min(tally.vms, over));
    if (tally.failed > 0)
        line += fmt::format(", {} failed", tally.failed);
    if (tally.skipped > 0)
        line += fmt::format(", {} skipped", tally.skipped);
    return line + fmt::format("; {}", elapsed_text(now - tally.began));
}

/// The number of the unit alone, where both have the same.
std::string without_unit(const std::string& amount, const std::string& of_what)
{
    const auto unit = amount.find(' ');
    const bool same = amount.substr(unit) == of_what.substr(of_what.find(' '));
    return same ? amount.substr(0, unit) : amount;
}

}  // namespace

std::string copied_text(int percent, std::int64_t in_use)
{
    if (in_use <= 0)
        return {};
    const std::string all = size_text(static_cast<std::uint64_t>(in_use));
    const std::string copied =
        size_text(static_cast<std::uint64_t>(in_use) / 100 * static_cast<std::uint64_t>(percent));
    return fmt::format("about {} of {}", without_unit(copied, all), all);
}

std::vector<std::string> live_lines(const std::list<Flight>& flights, const Tally& tally,
                                    ScreenSize screen, milliseconds now)
{
    const Layout layout = layout_for(flights, screen);
    const auto rows = static_cast<std::size_t>(std::max(screen.rows - 1, 0));
    if (layout.width == 0 || rows == 0)
        return {};
    const std::size_t below = tally.vms > 1 ? 1 : 0;
    const std::size_t room = rows - below;
    const bool fits = flights.size() <= room;
    const std::size_t shown = fits ? flights.size() : std::max<std::size_t>(room, 1) - 1;

    std::vector<std::string> lines;
    for (auto flight = flights.begin(); lines.size() < shown; ++flight)
        lines.push_back(line_of(*flight, layout, now));
    if (!fits && room > 0)
        lines.push_back(cut_to(fmt::format("… and {} more", flights.size() - shown), layout.width));
    if (below > 0)
        lines.push_back(cut_to(line_of(tally, flights.size(), now), layout.width));
    return lines;
}

}  // namespace vmrotate::report
