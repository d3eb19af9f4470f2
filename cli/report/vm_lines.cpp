// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/vm_lines.hpp"

#include <fmt/format.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::report {

std::string line_about(const std::string& vm, const std::string& text)
{
    return fmt::format("{}: {}\n", printable(vm), printable(text));
}

std::string lines_about(const std::string& vm, const std::vector<std::string>& texts,
                        const std::string& more)
{
    std::string lines;
    for (const std::string& text : texts)
        lines += line_about(vm, text + more);
    return lines;
}

std::string errors_about(const std::string& vm, const std::vector<Error>& errors)
{
    std::string lines;
    for (const Error& error : errors)
        lines += error_text(error.within(vm));
    return lines;
}

Json sentences_of(const std::vector<Error>& errors)
{
    Json result = Json::array();
    for (const Error& error : errors)
        result.push_back(error.what());
    return result;
}

}  // namespace vmrotate::report
