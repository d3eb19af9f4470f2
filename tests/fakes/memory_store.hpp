// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "credential_store.hpp"

/// A credential store in memory.
class MemoryStore final : public credstore::CredentialStore {
public:
    using Content = std::map<credstore::Account, std::pair<std::string, std::string>>;

    explicit MemoryStore(Content& content) : content_(content) {}

    std::string describe() const override { return "the test's memory"; }

    std::optional<credstore::Credential> find(const credstore::Account& account) override
    {
        const auto found = std::ranges::find_if(content_, [&](const auto& item) {
            return item.first.server == account.server &&
                   (account.user.empty() || item.first.user == account.user);
        });
        if (found == content_.end())
            return {};
        return credstore::Credential{found->first, credstore::Secret(found->second.first),
                                     found->second.second};
    }

    bool put(const credstore::Credential& credential) override
    {
        const std::pair item{std::string(credential.password.reveal()), credential.fingerprint};
        const auto [place, is_new] = content_.try_emplace(credential.account, item);
        if (!is_new && place->second == item)
            return false;
        place->second = item;
        return true;
    }

    bool erase(const credstore::Account& account) override { return content_.erase(account) > 0; }

    std::vector<credstore::Entry> list() override
    {
        std::vector<credstore::Entry> entries;
        for (const auto& [account, item] : content_)
            entries.push_back({account, item.second});
        return entries;
    }

private:
    Content& content_;
};
