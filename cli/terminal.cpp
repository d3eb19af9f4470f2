// SPDX-License-Identifier: GPL-3.0-or-later
#include "terminal.hpp"

#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include <cstddef>
#include <string_view>

#include "base/error.hpp"
#include "environment.hpp"

namespace vmrotate::cli {
namespace {

/// /dev/tty, with its echo switched off on request and restored at the end.
class Terminal {
public:
    Terminal() : file_(::open("/dev/tty", O_RDWR | O_CLOEXEC)) {}
    ~Terminal()
    {
        if (hidden_)
            ::tcsetattr(file_, TCSAFLUSH, &before_);
        if (file_ >= 0)
            ::close(file_);
    }
    Terminal(const Terminal&) = delete;
    Terminal& operator=(const Terminal&) = delete;

    bool is_there() const { return file_ >= 0; }
    int file() const { return file_; }

    void say(std::string_view text) const
    {
        [[maybe_unused]] const auto written = ::write(file_, text.data(), text.size());
    }

    void hide_typing()
    {
        if (::tcgetattr(file_, &before_) != 0)
            return;
        termios silent = before_;
        silent.c_lflag &= ~static_cast<tcflag_t>(ECHO);
        hidden_ = ::tcsetattr(file_, TCSAFLUSH, &silent) == 0;
    }

private:
    int file_;
    bool hidden_ = false;
    termios before_{};
};

/// The next byte; false at the end or on an error. Throws Error (interrupted).
bool read_byte(int file, const std::stop_token& stop, char& byte)
{
    constexpr int glance = 100;  // milliseconds until the stop request is looked at
    pollfd waiting{file, POLLIN, 0};
    while (::poll(&waiting, 1, glance) == 0)
        if (stop.stop_requested())
            throw Error(ErrorKind::interrupted, "interrupted");
    return ::read(file, &byte, 1) == 1;
}

credstore::Secret read_line(int file, const std::stop_token& stop)
{
    auto buffer = credstore::Secret::of_size(longest_password + 2);  // '\r', or one too many
    std::size_t size = 0;
    for (char byte = 0; size < buffer.size() && read_byte(file, stop, byte) && byte != '\n';)
        buffer.data()[size++] = byte;
    if (size > 0 && buffer.data()[size - 1] == '\r')
        --size;
    if (size > longest_password)
        throw Error(ErrorKind::logon, "the password is longer than 1024 bytes");
    return credstore::Secret(buffer.reveal().substr(0, size));
}

/// Whether something lies there to be read. What is typed ahead at a terminal is for others.
bool has_more(int file)
{
    pollfd waiting{file, POLLIN, 0};
    char byte = 0;
    return ::isatty(file) == 0 && ::poll(&waiting, 1, 0) == 1 && ::read(file, &byte, 1) == 1;
}

}  // namespace

credstore::Secret ask_password(const std::string& prompt, const std::stop_token& stop)
{
    Terminal terminal;
    if (!terminal.is_there())
        throw Error(ErrorKind::usage, "cannot ask for the password: there is no terminal",
                    "pipe it in with --password-stdin");
    terminal.hide_typing();  // before the prompt: somebody may type at once
    terminal.say(prompt);
    auto password = read_line(terminal.file(), stop);
    terminal.say("\n");
    return password;
}

credstore::Secret read_password_from_stdin(const std::stop_token& stop)
{
    auto password = read_line(STDIN_FILENO, stop);
    if (has_more(STDIN_FILENO))
        throw Error(ErrorKind::logon, "standard input gives more than one line",
                    "the password must be its only line");
    return password;
}

bool has_terminal()
{
    return Terminal().is_there();
}

bool confirm(const std::string& question, const std::stop_token& stop)
{
    Terminal terminal;
    if (!terminal.is_there())
        return false;
    terminal.say(question + " [y/N] ");
    std::string answer;
    for (char byte = 0;
         answer.size() < 8 && read_byte(terminal.file(), stop, byte) && byte != '\n';)
        answer += byte;
    return answer == "y" || answer == "yes";
}

}  // namespace vmrotate::cli
