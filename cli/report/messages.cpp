// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/messages.hpp"

#include <fmt/ostream.h>

namespace vmrotate::report {

void write_error(std::ostream& err, const Error& error)
{
    fmt::print(err, "vmrotate: {}\n", printable(error.what()));
    if (!error.hint().empty())
        fmt::print(err, "  hint: {}\n", printable(error.hint()));
    err.flush();
}

void write_warning(std::ostream& err, const std::string& where, const std::string& text)
{
    fmt::print(err, "vmrotate: {}: warning: {}\n", printable(where), printable(text));
    err.flush();
}

std::string printable(const std::string& text)
{
    std::string result = text;
    for (char& c : result)
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n') || c == 0x7F)
            c = '?';
    return result;
}

}  // namespace vmrotate::report
