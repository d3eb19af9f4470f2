// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/progress.hpp"

#include <algorithm>
#include <utility>

#include <fmt/ostream.h>

#include "base/text.hpp"
#include "report/messages.hpp"

namespace vmrotate::report {

Progress::Progress(std::ostream& err, const Clock& clock, std::string vm, Detail detail,
                   int columns)
    : err_(err), clock_(clock), vm_(printable(vm)), detail_(detail), columns_(columns)
{
}

Progress::~Progress()
{
    leave_live_line();
}

void Progress::step(const std::string& what)
{
    if (detail_ == Detail::warnings)
        return;
    leave_live_line();
    shown_ = -1;
    began_ = clock_.steady();
    write(what);
}

void Progress::copying(int percent)
{
    percent = std::clamp(percent, 0, 100);
    const int step = detail_ == Detail::live ? 1 : 10;
    if (detail_ == Detail::warnings || percent / step <= shown_ / step)
        return;
    shown_ = percent;
    if (detail_ == Detail::live) {
        fmt::print(err_, "\r\033[K{}", bar(percent));
        live_line_ = true;
    } else if (percent >= step) {
        write(fmt::format("copied {} %", percent / step * step));
    }
    err_.flush();
}

void Progress::remark(const std::string& text)
{
    if (detail_ == Detail::warnings)
        return;
    leave_live_line();
    write(text);
}

void Progress::detail(const std::string& text)
{
    if (detail_ == Detail::verbose)
        write(text);
}

void Progress::healed(const std::string& text)
{
    deeds_.push_back(text);
    remark(text);
}

void Progress::warning(const std::string& text)
{
    warnings_.push_back(text);
    leave_live_line();
    write_warning(err_, vm_, text);
}

void Progress::write(const std::string& text)
{
    if (detail_ == Detail::verbose)
        fmt::print(err_, "{} ", clock_.local_text(clock_.now()));
    fmt::print(err_, "{}: {}\n", vm_, printable(text));
    err_.flush();
}

void Progress::leave_live_line()
{
    if (!std::exchange(live_line_, false))
        return;
    fmt::print(err_, "\n");
    err_.flush();
}

std::string Progress::bar(int percent) const
{
    const auto elapsed = std::chrono::duration_cast<std::chrono::seconds>(clock_.steady() - began_);
    const std::string text =
        fmt::format("{}: copying {:3} % {}", vm_, percent, duration_text(elapsed));
    const int room = columns_ - static_cast<int>(characters(text).size()) - 4;
    const auto width = static_cast<std::size_t>(std::clamp(room, 0, 40));
    if (width < 10)
        return text;
    const auto filled = width * static_cast<std::size_t>(percent) / 100;
    return fmt::format("{} [{}{}]", text, std::string(filled, '='),
                       std::string(width - filled, ' '));
}

}  // namespace vmrotate::report
