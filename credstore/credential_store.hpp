// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "secret.hpp"

/// The port to the places where logons are kept.
namespace credstore {

/// The store is there and cannot be used: wrong key, damaged, unsafe permissions, locked.
/// The message names the file or service; the hint says what to do.
class StoreError : public std::runtime_error {
public:
    explicit StoreError(const std::string& message, std::string hint = {})
        : std::runtime_error(message), hint_(std::move(hint))
    {
    }

    const std::string& hint() const noexcept { return hint_; }

private:
    std::string hint_;
};

/// Whose logon it is. Compared byte for byte; `server` is lower case, "host" or "host:port".
struct Account {
    std::string server, user;
    bool operator==(const Account&) const = default;
    auto operator<=>(const Account&) const = default;
};

struct Credential {
    Account account;
    Secret password;
    std::string fingerprint;  ///< the pinned certificate's SHA-256, "AB:CD:..."; empty: none
};

/// What may be shown of a credential.
struct Entry {
    Account account;
    std::string fingerprint;
};

class CredentialStore {
public:
    virtual ~CredentialStore() = default;

    /// For messages: "the sealed file '/etc/vmrotate/credentials'".
    virtual std::string describe() const = 0;

    /// Nothing where the store, or the item in it, is not there. An empty `user` matches if
    /// the store holds exactly one account of that server; several are a StoreError.
    /// Throws StoreError where the store is there and cannot be used.
    virtual std::optional<Credential> find(const Account& account) = 0;

    /// Adds or replaces; makes the store if need be. Returns false if exactly this was
    /// there already: then nothing is written. After a throw the old content is whole.
    virtual bool put(const Credential& credential) = 0;

    /// Returns false if there was no such item.
    virtual bool erase(const Account& account) = 0;

    /// In order of the accounts; never a password.
    virtual std::vector<Entry> list() = 0;
};

}  // namespace credstore
