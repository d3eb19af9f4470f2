// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/parse.hpp"

#include <cerrno>
#include <cstddef>
#include <fstream>
#include <system_error>

#include <fmt/format.h>

#include "base/error.hpp"

namespace vmrotate::config {
namespace {

constexpr std::size_t largest_file = 1024 * 1024;

}  // namespace

Parsed load(const std::filesystem::path& path)
{
    const auto refuse = [&](const std::string& why) -> void {
        throw Error(ErrorKind::usage,
                    fmt::format("cannot read the configuration '{}': {}", path.string(), why));
    };
    std::error_code ignored;
    if (std::filesystem::is_directory(path, ignored))
        refuse("it is a directory");
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file)
        refuse(std::generic_category().message(errno));
    std::string text(largest_file + 1, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    if (file.bad())
        refuse("reading it failed");
    text.resize(static_cast<std::size_t>(file.gcount()));
    if (text.size() > largest_file)
        refuse("it is larger than 1 MiB");
    return parse(text, path.string());
}

std::string sentence(const std::string& file, const std::vector<Problem>& problems)
{
    std::vector<std::string> lines;
    for (const Problem& problem : problems)
        lines.push_back(
            fmt::format("{}:{}:{}: {}", file, problem.line, problem.column, problem.message));
    return fmt::format("{}", fmt::join(lines, "\n"));
}

}  // namespace vmrotate::config
