// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <ostream>
#include <streambuf>
#include <string>
#include <string_view>

/// Standard output and standard error of a run that must not be harmed by them.
namespace vmrotate::cli {

/// A stream to a file descriptor that never fails, so that one full disk or one closed
/// terminal does not silence what comes later; and that does not wait for a reader for ever.
/// It writes line by line: what a process that is killed had said is out.
///
/// What cannot be written is dropped, and `problem` tells why. A reader that went away is no
/// problem: it was free to.
class Output final : private std::streambuf, public std::ostream {
public:
    /// How long to wait for a reader that does not read: a terminal that was halted, a full
    /// pipe. Asked before each wait.
    using Patience = std::function<std::chrono::milliseconds()>;

    Output(int file, Patience patience);
    ~Output() override;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;

    /// Whether a line can be written without waiting, or nobody will ever read one.
    bool is_ready() const;

    /// Why something was dropped first, in words; empty where nothing was.
    std::string problem() const;

private:
    using Traits = std::char_traits<char>;

    Traits::int_type overflow(Traits::int_type c) override;
    std::streamsize xsputn(const char* text, std::streamsize size) override;
    int sync() override;

    bool write_some(std::string_view& text);
    bool wait_for_reader();
    void drop(int number);

    int file_;
    Patience patience_;
    std::string pending_;
    int problem_ = 0;
    bool is_stuck_ = false;  ///< the last wait was in vain
};

}  // namespace vmrotate::cli
