// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/credential_verbs.hpp"
#include "commands/session.hpp"

namespace vmrotate::cli::credential {
namespace {

/// The account that is named, or else the only one of the server.
credstore::Account account_to_remove(credstore::Chain& stores, const config::Vcenter& vcenter)
{
    if (!vcenter.user.empty())
        return account_of(vcenter);
    const auto entries = entries_at(stores, vcenter);
    if (entries.size() == 1)
        return entries.front().account;
    if (entries.empty())
        return {vimclient::to_string(endpoint_of(vcenter)), {}};
    std::vector<std::string> users;
    for (const credstore::Entry& entry : entries)
        users.push_back(entry.account.user);
    throw Error(ErrorKind::usage,
                fmt::format("several accounts of '{}' are stored: {}",
                            entries.front().account.server, list_in_quotes(users, "and")),
                "give --user");
}

int remove(const Options& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    auto stores = open_stores(context, vcenter);
    const auto account = account_to_remove(stores, vcenter);
    const std::string logon = account.user.empty() ? fmt::format("a logon at '{}'", account.server)
                                                   : "the logon of " + whose(account);
    credstore::CredentialStore* const store = stores.holder_of(account);
    if (store == nullptr)
        return finish(context, {"remove", false, fmt::format("there is no sign of {}", logon),
                                options.dry_run});
    if (!options.dry_run)
        store->erase(account);
    return finish(context,
                  {"remove", true,
                   fmt::format("{} {} from {}", options.dry_run ? "would remove" : "removed", logon,
                               store->describe()),
                   options.dry_run});
}

}  // namespace

void add_remove(CLI::App& group, const Context& context)
{
    add_verb(group, context, "remove", "Forget a logon", std::make_shared<Options>(), remove,
             Takes::server, DryRun::yes);
}

}  // namespace vmrotate::cli::credential
