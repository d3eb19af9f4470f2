// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/messages.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/text.hpp"

namespace vmrotate::report {

std::string error_text(const Error& error)
{
    std::string text = fmt::format("vmrotate: {}\n", printable(error.what()));
    if (!error.hint().empty())
        text += fmt::format("  hint: {}\n", printable(error.hint()));
    return text;
}

void write_error(std::ostream& err, const Error& error)
{
    err << error_text(error) << std::flush;
}

std::string warning_text(const std::string& where, const std::string& text)
{
    return fmt::format("vmrotate: {}: warning: {}\n", printable(where), printable(text));
}

void write_warning(std::ostream& err, const std::string& where, const std::string& text)
{
    err << warning_text(where, text) << std::flush;
}

std::string printable(const std::string& text)
{
    std::string result;
    for (std::size_t at = 0; at <= text.size();) {
        const std::size_t end = std::min(text.find('\n', at), text.size());
        if (at > 0)
            result += '\n';
        result +=
            vmrotate::printable(std::string_view(text).substr(at, end - at), std::string::npos);
        at = end + 1;
    }
    return result;
}

}  // namespace vmrotate::report
