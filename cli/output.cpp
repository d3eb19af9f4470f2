// SPDX-License-Identifier: GPL-3.0-or-later
#include "output.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>
#include <utility>

namespace vmrotate::cli {
namespace {

using namespace std::chrono_literals;

enum class Reader { ready, slow, gone };

Reader look_at(int file, std::chrono::milliseconds time)
{
    pollfd waiting{file, POLLOUT, 0};
    const int found = ::poll(&waiting, 1, static_cast<int>(time.count()));
    if (found <= 0)
        return Reader::slow;
    return (waiting.revents & (POLLERR | POLLHUP)) != 0 ? Reader::gone : Reader::ready;
}

}  // namespace

Output::Output(int file, Patience patience)
    : std::ostream(nullptr), file_(file), patience_(std::move(patience))
{
    rdbuf(this);
    clear();
}

Output::~Output()
{
    sync();
}

bool Output::is_ready() const
{
    return look_at(file_, 0ms) != Reader::slow;
}

std::string Output::problem() const
{
    if (problem_ == EAGAIN)
        return "nobody reads it";
    return problem_ == 0 ? std::string() : std::strerror(problem_);
}

Output::Traits::int_type Output::overflow(Traits::int_type c)
{
    const char byte = Traits::to_char_type(c);
    if (!Traits::eq_int_type(c, Traits::eof()))
        xsputn(&byte, 1);
    return Traits::not_eof(c);
}

std::streamsize Output::xsputn(const char* text, std::streamsize size)
{
    pending_.append(text, static_cast<std::size_t>(size));
    if (pending_.ends_with('\n'))
        sync();
    return size;
}

int Output::sync()
{
    std::string_view text = pending_;
    while (!text.empty() && wait_for_reader() && write_some(text)) {
    }
    pending_.clear();
    return 0;
}

// no more at once than a pipe that can be written at all takes without waiting
bool Output::write_some(std::string_view& text)
{
    const auto written = ::write(file_, text.data(), std::min<std::size_t>(text.size(), PIPE_BUF));
    if (written < 0 && errno != EINTR && errno != EAGAIN) {
        drop(errno);
        return false;
    }
    text.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(written, 0)));
    return true;
}

bool Output::wait_for_reader()
{
    constexpr auto slice = 100ms;
    auto waited = 0ms;
    for (;;) {
        const Reader reader = look_at(file_, is_stuck_ ? 0ms : slice);
        if (reader == Reader::gone)
            return false;
        if (reader == Reader::ready) {
            is_stuck_ = false;
            return true;
        }
        waited += slice;
        if (is_stuck_ || waited >= patience_()) {
            is_stuck_ = true;
            drop(EAGAIN);
            return false;
        }
    }
}

void Output::drop(int number)
{
    const bool reader_went = number == EPIPE || look_at(file_, 0ms) == Reader::gone;
    if (problem_ == 0 && !reader_went)
        problem_ = number;
}

}  // namespace vmrotate::cli
