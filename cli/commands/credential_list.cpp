// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/ostream.h>

#include "base/text.hpp"
#include "commands/credential_verbs.hpp"
#include "commands/session.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::cli::credential {
namespace {

std::string added_text(const Clock& clock, credstore::Added added)
{
    return added == credstore::Added{} ? "unknown" : clock.local_text(added);
}

void write_json(std::ostream& out, const credstore::Listing& listing)
{
    for (const credstore::Listed& listed : listing.entries)
        report::write_line(
            out, "credential",
            {{"server", listed.entry.account.server},
             {"user", listed.entry.account.user},
             {"store", listed.place},
             {"fingerprint", listed.entry.fingerprint},
             {"added",
              listed.entry.added == credstore::Added{} ? "" : utc_text(listed.entry.added)}});
    for (const credstore::Answer& silent : listing.silent)
        report::write_line(out, "store", {{"store", silent.place}, {"answer", silent.answer}});
}

void write_table(const Context& context, const credstore::Listing& listing)
{
    std::ostream& out = context.environment.out;
    std::size_t server = 6, user = 4;
    for (const credstore::Listed& listed : listing.entries) {
        server = std::max(server, listed.entry.account.server.size());
        user = std::max(user, listed.entry.account.user.size());
    }
    if (!listing.entries.empty())
        fmt::print(out, "{:{}}  {:{}}  {:19}  STORED IN, PIN\n", "SERVER", server, "USER", user,
                   "ADDED");
    for (const auto& [entry, place] : listing.entries) {
        fmt::print(out, "{:{}}  {:{}}  {:19}  {}\n", report::printable(entry.account.server),
                   server, report::printable(entry.account.user), user,
                   added_text(context.environment.clock, entry.added), report::printable(place));
        if (!entry.fingerprint.empty())
            fmt::print(out, "  pinned to SHA256:{}\n", entry.fingerprint);
    }
    if (context.globals.verbose)
        for (const credstore::Answer& silent : listing.silent)
            fmt::print(out, "not read: {} ({})\n", report::printable(silent.place),
                       report::printable(silent.answer));
}

int list(const Options& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    auto stores = open_stores(context, vcenter);
    const auto listing = stores.list();
    if (context.globals.json)
        write_json(context.environment.out, listing);
    else
        write_table(context, listing);
    for (const std::string& warning : stores.warnings())
        report::write_warning(context.environment.err, "credential list", warning);
    return finish(context, {"list", false, count_text(listing.entries.size())});
}

}  // namespace

void add_list(CLI::App& group, const Context& context)
{
    add_verb(group, context, "list", "Show whose logons are stored, and where; never a password",
             std::make_shared<Options>(), list, Takes::no_server, DryRun::no);
}

}  // namespace vmrotate::cli::credential
