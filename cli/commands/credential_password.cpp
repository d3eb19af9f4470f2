// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/credential_password.hpp"

#include <algorithm>
#include <string_view>

#include "base/error.hpp"
#include "commands/command_words.hpp"

namespace vmrotate::cli::credential {
namespace {

/// The size of the UTF-8 character at the front; 0 where there is none.
std::size_t character_size(std::string_view text)
{
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    std::size_t size = 1;
    if (byte(0) >= 0x80)
        size = byte(0) >= 0xF0 ? 4 : byte(0) >= 0xE0 ? 3 : 2;
    const bool is_first = byte(0) < 0x80 || (byte(0) >= 0xC2 && byte(0) <= 0xF4);
    if (!is_first || size > text.size())
        return 0;
    for (std::size_t i = 1; i < size; ++i)
        if ((byte(i) & 0xC0U) != 0x80U)
            return 0;
    const bool is_overlong =
        (byte(0) == 0xE0 && byte(1) < 0xA0) || (byte(0) == 0xF0 && byte(1) < 0x90);
    const bool is_no_character =
        (byte(0) == 0xED && byte(1) > 0x9F) || (byte(0) == 0xF4 && byte(1) > 0x8F);
    return is_overlong || is_no_character ? 0 : size;
}

/// Read where it lies: no copy of it is made.
bool is_utf8(std::string_view text)
{
    while (!text.empty()) {
        const std::size_t size = character_size(text);
        if (size == 0)
            return false;
        text.remove_prefix(size);
    }
    return true;
}

bool is_control(char c)
{
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t') || byte == 0x7F;
}

void check(std::string_view password)
{
    if (password.empty())
        throw Error(ErrorKind::usage, "the password is empty");
    if (!is_utf8(password))
        throw Error(ErrorKind::usage, "the password is not UTF-8",
                    "vCenter takes no other text; was it written with another encoding?");
    if (std::ranges::any_of(password, is_control))
        throw Error(ErrorKind::usage, "the password has a control character",
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
