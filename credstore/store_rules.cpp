// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_rules.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "records.hpp"

namespace credstore {

void check_storable(const Credential& credential, const std::string& store)
{
    const auto& [account, password, fingerprint, added] = credential;
    if (account.server.empty() || account.user.empty())
        throw StoreError("cannot keep a logon without a server and a user");
    if (std::max({account.server.size(), account.user.size(), fingerprint.size(),
                  password.size()}) > max_field_size)
        throw StoreError(
            fmt::format("cannot keep a logon in {}: a part of it is longer than {} "
                        "bytes",
                        store, max_field_size));
}

std::optional<std::size_t> choose_account(const std::vector<Account>& accounts,
                                          const Account& wanted, const std::string& store)
{
    if (!wanted.user.empty()) {
        const auto found = std::ranges::find(accounts, wanted);
        return found == accounts.end() ? std::nullopt
                                       : std::optional<std::size_t>(found - accounts.begin());
    }
    const auto first = std::ranges::find(accounts, wanted.server, &Account::server);
    const auto count = std::ranges::count(accounts, wanted.server, &Account::server);
    if (count == 0)
        return std::nullopt;
    if (count > 1)
        throw StoreError(fmt::format("{} holds {} accounts of '{}', among them '{}' and '{}'",
                                     store, count, wanted.server, first->user, (first + 1)->user),
                         "name the user");
    return first - accounts.begin();
}

std::optional<Credential> choose(std::vector<Credential> all, const Account& wanted,
                                 const std::string& store)
{
    std::vector<Account> accounts;
    for (const Credential& each : all)
        accounts.push_back(each.account);
    const auto place = choose_account(accounts, wanted, store);
    return place ? std::optional(std::move(all[*place])) : std::nullopt;
}

std::vector<Entry> entries_of(std::vector<Credential> all)
{
    std::vector<Entry> entries;
    for (Credential& each : all)
        entries.push_back({std::move(each.account), std::move(each.fingerprint), each.added});
    return entries;
}

}  // namespace credstore
