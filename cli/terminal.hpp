// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stop_token>
#include <string>

#include "secret.hpp"

/// Talking with a person, and reading what must not be shown.
namespace vmrotate::cli {

/// Asks at /dev/tty, whatever the standard streams are, without an echo. Throws Error: usage
/// where there is no terminal, logon where the password is longer than 1024 bytes, interrupted
/// on a stop request; the echo is on again in every case.
credstore::Secret ask_password(const std::string& prompt, const std::stop_token& stop);

/// One line of standard input, read byte by byte past all buffers; its end is no part of
/// it. Throws like `ask_password`, and Error (logon) where more lies there behind the line.
credstore::Secret read_password_from_stdin(const std::stop_token& stop);

/// Whether there is a /dev/tty.
bool has_terminal();

/// True only if somebody at /dev/tty types "yes" or "y". False without a terminal.
bool confirm(const std::string& question, const std::stop_token& stop);

}  // namespace vmrotate::cli
