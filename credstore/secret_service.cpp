// SPDX-License-Identifier: GPL-3.0-or-later
#include "secret_service.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "keyring.hpp"
#include "logon_text.hpp"
#include "store_rules.hpp"

namespace credstore {
namespace {

Keyring::Attributes attributes_of(const Account& account)
{
    Keyring::Attributes attributes = {{"service", "vmrotate"}};
    if (!account.server.empty())
        attributes["server"] = account.server;
    if (!account.user.empty())
        attributes["user"] = account.user;
    return attributes;
}

/// In order of the accounts. An empty part of the account matches all.
std::vector<Credential> all_of(Keyring& keyring, const Account& account)
{
    std::vector<Credential> all;
    for (const Secret& text : keyring.search(attributes_of(account))) {
        try {
            all.push_back(parse_logon(text.reveal()));
        } catch (const StoreError& error) {
            throw StoreError(fmt::format("cannot use an item of vmrotate in the Secret Service: {}",
                                         error.what()),
                             "remove it with: secret-tool clear service vmrotate");
        }
    }
    std::ranges::sort(all, {}, &Credential::account);
    return all;
}

}  // namespace

SecretService::SecretService(std::string library, std::chrono::milliseconds patience)
    : library_(std::move(library)), patience_(patience)
{
}

std::optional<Credential> SecretService::find(const Account& account)
{
    Keyring keyring(library_.c_str(), patience_);
    return choose(all_of(keyring, account), account, describe());
}

bool SecretService::put(const Credential& credential)
{
    check_storable(credential, describe());
    const Account& account = credential.account;
    Keyring keyring(library_.c_str(), patience_);
    for (const Credential& old : all_of(keyring, account))
        if (old.fingerprint == credential.fingerprint &&
            old.password.reveal() == credential.password.reveal())
            return false;
    keyring.store(attributes_of(account),
                  fmt::format("vmrotate: {} at {}", account.user, account.server),
                  write_logon(credential));
    return true;
}

bool SecretService::erase(const Account& account)
{
    if (account.server.empty() || account.user.empty())
        return false;
    Keyring keyring(library_.c_str(), patience_);
    if (all_of(keyring, account).empty())
        return false;
    keyring.clear(attributes_of(account));
    return true;
}

std::vector<Entry> SecretService::list()
{
    Keyring keyring(library_.c_str(), patience_);
    return entries_of(all_of(keyring, {}));
}

}  // namespace credstore
