// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/credential_password.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "commands/command_words.hpp"
#include "text_forms.hpp"

namespace vmrotate::cli::credential {
namespace {

/// A tab may be typed, and vCenter takes it.
bool has_forbidden_character(std::string_view password)
{
    return std::ranges::any_of(password, [](const char& c) {
        return c != '\t' && credstore::has_control_character({&c, 1});
    });
}

void check(std::string_view password)
{
    if (password.empty())
        throw Error(ErrorKind::logon, "the password is empty");
    if (!credstore::is_utf8(password))
        throw Error(ErrorKind::logon, "the password is not UTF-8",
                    "vCenter takes no other text; was it written with another encoding?");
    if (has_forbidden_character(password))
        throw Error(ErrorKind::logon, "the password has a control character",
                    "vCenter cannot be sent one; look at it with 'od -c'");
}

credstore::Secret read(const Context& context, const PasswordSource& source,
                       const std::string& prompt)
{
    Environment& environment = context.environment;
    if (!source.command.empty())
        return environment.run_password_command(split_words(source.command));
    if (!source.file.empty())
        return environment.read_password_file(source.file);
    return source.standard_input ? environment.read_password() : environment.ask_password(prompt);
}

}  // namespace

void PasswordSource::add_to(CLI::App& command_line)
{
    CLI::App* const group = command_line.add_option_group("Password");
    group->require_option(0, 1);
    group->add_flag("--password-stdin", standard_input,
                    "Read the password from standard input, one line");
    group->add_option("--password-file", file, "Read it from a private file, or a pipe");
    group->add_option("--password-command", command,
                      "Run a program that writes it, such as 'pass show vcenter'; without a shell");
}

credstore::Secret obtain_password(const Context& context, const PasswordSource& source,
                                  const std::string& prompt)
{
    auto password = read(context, source, prompt);
    check(password.reveal());
    return password;
}

}  // namespace vmrotate::cli::credential
