// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <stop_token>
#include <string>
#include <vector>

#include "environment.hpp"
#include "secret.hpp"

/// Secrets that come from files and from other programs. Every read has a limit, and goes
/// into locked memory at once.
namespace vmrotate::cli {

/// The one line of a file; its end is no part of it. At most 1024 bytes. A regular file must be
/// private (`credstore::read_private_file`); a pipe may be anything. Throws Error: usage where
/// it cannot be opened, logon where it has more than a line or is too long, interrupted on a
/// stop request; StoreError where it is not private.
credstore::Secret read_password_file(const std::filesystem::path& file,
                                     const std::stop_token& stop);

/// The one line that a program writes to its standard output, as above. It is started without a
/// shell, reads nothing, and shares our standard error; it gets a minute, and is ended after
/// that. Throws Error: logon where it cannot be started, ends with another code than 0, or is
/// not done in time; the message names the program, never its arguments.
credstore::Secret run_password_command(const std::vector<std::string>& words,
                                       const std::stop_token& stop);

/// The whole file, at most `limit` bytes. Throws Error (usage) where it cannot be read, is longer,
/// or is a pipe that does not end within a minute.
SecretFile read_secret_file(const std::filesystem::path& file, std::size_t limit,
                            const std::stop_token& stop);

}  // namespace vmrotate::cli
