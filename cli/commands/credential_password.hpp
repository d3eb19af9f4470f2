// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "commands/commands.hpp"
#include "secret.hpp"

/// Where the password of a new logon comes from.
namespace vmrotate::cli::credential {

/// At most one of them is given; none: a person is asked.
struct PasswordSource {
    bool standard_input = false;
    std::string file, command;

    void add_to(CLI::App& command_line);
};

/// Throws Error: logon where the password is not fit to be sent to vCenter: empty, longer than
/// 1024 bytes, with a control character or not UTF-8; else what the source throws.
credstore::Secret obtain_password(const Context& context, const PasswordSource& source,
                                  const std::string& prompt);

}  // namespace vmrotate::cli::credential
