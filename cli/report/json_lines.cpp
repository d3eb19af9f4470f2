// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/json_lines.hpp"

namespace vmrotate::report {

std::string json_line(const std::string& type, const Json& members)
{
    Json line = {{"schema", 1}, {"type", type}};
    line.update(members);
    return line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
}

void write_line(std::ostream& out, const std::string& type, const Json& members)
{
    out << json_line(type, members) << std::flush;
}

std::string result_word(int exit_code)
{
    switch (exit_code) {
        case 0: return "ok";
        case static_cast<int>(ErrorKind::usage): return "usage";
        case static_cast<int>(ErrorKind::some_failed): return "partial";
        case static_cast<int>(ErrorKind::refused): return "refused";
        case static_cast<int>(ErrorKind::unreachable): return "unreachable";
        case static_cast<int>(ErrorKind::busy): return "busy";
        case static_cast<int>(ErrorKind::logon): return "logon";
        case static_cast<int>(ErrorKind::privilege): return "privilege";
        case 129:
        case 130:
        case 143: return "interrupted";
        default: return "failed";
    }
}

void write_failure(std::ostream& out, const std::string& verb, const Error& error, int exit_code)
{
    write_line(out, "summary",
               {{"verb", verb},
                {"result", result_word(exit_code)},
                {"changed", false},
                {"exit_code", exit_code},
                {"message", error.what()},
                {"hint", error.hint()}});
}

}  // namespace vmrotate::report
