// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.hpp"

#include <optional>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"
#include "config/reading.hpp"

namespace vmrotate::config {
Probe read_probe(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && *text == "off")
        return {};
    if (text != nullptr && *text == "icmp")
        return {Probe::Kind::icmp, 0};
    constexpr std::string_view tcp = "tcp:";
    const auto port = text != nullptr && text->starts_with(tcp)
                          ? port_of(std::string_view(*text).substr(tcp.size()))
                          : std::nullopt;
    if (!port)
        refuse("must be \"off\", \"icmp\", or \"tcp:\" and a port, such as \"tcp:22\"");
    return {Probe::Kind::tcp, *port};
}

Command read_command(const Value& value)
{
    const auto* command = std::get_if<std::vector<std::string>>(&value);
    if (command == nullptr)
        refuse("must be a list of texts: [\"/path/of/a/program\", \"an argument\"]");
    for (const std::string& word : *command)
        if (word.find('\0') != std::string::npos)
            refuse("may not contain the character 0");
    if (!command->empty() && !command->front().starts_with('/'))
        refuse(fmt::format("must begin with the absolute path of a program, not with {}",
                           in_quotes(command->front())));
    return *command;
}

}  // namespace vmrotate::config
