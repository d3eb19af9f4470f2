// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/credential_verbs.hpp"

#include <algorithm>

#include <fmt/ostream.h>

#include "base/error.hpp"
#include "commands/session.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::cli::credential {

int finish(const Context& context, const End& end)
{
    if (context.globals.json)
        report::write_line(context.environment.out, "summary",
                           {{"verb", "credential " + end.verb},
                            {"result", report::result_word(end.exit_code)},
                            {"dry_run", end.dry_run},
                            {"changed", end.changed},
                            {"exit_code", end.exit_code},
                            {"message", end.sentence}});
    else if (!context.globals.quiet)
        fmt::print(context.environment.out, "{}\n", report::printable(end.sentence));
    return end.exit_code;
}

credstore::Account account_of(const config::Vcenter& vcenter)
{
    const auto endpoint = endpoint_of(vcenter);
    if (vcenter.user.empty())
        throw Error(ErrorKind::usage, "no account is named", "give --user");
    return {vimclient::to_string(endpoint), vcenter.user};
}

std::string count_text(std::size_t logons)
{
    return logons == 1 ? "1 logon" : fmt::format("{} logons", logons);
}

std::vector<credstore::Entry> entries_at(credstore::Chain& stores, const config::Vcenter& vcenter)
{
    const std::string server = vimclient::to_string(endpoint_of(vcenter));
    std::vector<credstore::Entry> found;
    for (const credstore::Listed& listed : stores.list().entries) {
        const credstore::Account& account = listed.entry.account;
        const bool is_meant =
            account.server == server && (vcenter.user.empty() || account.user == vcenter.user);
        const bool is_known = std::ranges::count(found, account, [](const credstore::Entry& entry) {
                                  return entry.account;
                              }) > 0;
        if (is_meant && !is_known)
            found.push_back(listed.entry);
    }
    return found;
}

}  // namespace vmrotate::cli::credential
