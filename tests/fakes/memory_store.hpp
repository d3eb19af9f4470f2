// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <map>
#include <string>
#include <vector>

#include "credential_store.hpp"
#include "store_rules.hpp"

/// A credential store in memory.
class MemoryStore final : public credstore::CredentialStore {
public:
    struct Item {
        std::string password, fingerprint;
        credstore::Added added = {};
    };
    using Content = std::map<credstore::Account, Item>;

    explicit MemoryStore(Content& content) : content_(content) {}

    std::string describe() const override { return "the test's memory"; }

    std::optional<credstore::Credential> find(const credstore::Account& account) override
    {
        std::vector<credstore::Account> accounts;
        for (const auto& [each, item] : content_)
            accounts.push_back(each);
        const auto place = credstore::choose_account(accounts, account, describe());
        if (!place)
            return {};
        const Item& item = content_.at(accounts[*place]);
        return credstore::Credential{accounts[*place], credstore::Secret(item.password),
                                     item.fingerprint, item.added};
    }

    bool put(const credstore::Credential& credential) override
    {
        credstore::check_storable(credential, describe());
        const Item item{std::string(credential.password.reveal()), credential.fingerprint,
                        credential.added};
        const auto [place, is_new] = content_.try_emplace(credential.account, item);
        Item& old = place->second;
        if (!is_new && old.password == item.password && old.fingerprint == item.fingerprint)
            return false;
        old = item;
        return true;
    }

    bool erase(const credstore::Account& account) override { return content_.erase(account) > 0; }

    std::vector<credstore::Entry> list() override
    {
        std::vector<credstore::Entry> entries;
        for (const auto& [account, item] : content_)
            entries.push_back({account, item.fingerprint, item.added});
        return entries;
    }

private:
    Content& content_;
};
