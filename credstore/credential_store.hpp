// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "new_key.hpp"
#include "secret.hpp"

/// The port to the places where logons are kept. Each back end is one class behind it; which of
/// them are asked, and in which order, is decided where they are put into a Chain.
namespace credstore {

/// The store is there and cannot be used: wrong key, damaged, unsafe permissions.
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

/// The store cannot be reached here and now, through no damage to it: no session bus, a locked
/// keyring, no systemd credentials. Who did not ask for this very store may go on to the next.
class StoreUnavailable : public StoreError {
public:
    using StoreError::StoreError;
};

/// Whose logon it is. Compared byte for byte; `server` is lower case, "host" or "host:port".
struct Account {
    std::string server, user;
    bool operator==(const Account&) const = default;
    auto operator<=>(const Account&) const = default;
};

/// UTC; the epoch itself means unknown.
using Added = std::chrono::sys_seconds;

struct Credential {
    Account account;
    Secret password;
    std::string fingerprint = {};  ///< the pinned certificate's SHA-256, "AB:CD:..."; empty: none
    Added added = {};              ///< when the logon was stored first, or anew
};

/// What may be shown of a credential.
struct Entry {
    Account account;
    std::string fingerprint = {};
    Added added = {};
};

class CredentialStore {
public:
    virtual ~CredentialStore() = default;

    /// For messages: "the sealed file '/etc/vmrotate/credentials'".
    virtual std::string describe() const = 0;

    /// Whether `put` and `erase` always throw.
    virtual bool read_only() const { return false; }

    /// False where there is no such store yet, which is no error. Looks, and opens nothing.
    virtual bool exists() const { return true; }

    /// Nothing where the store, or the item in it, is not there. An empty `user` matches if
    /// the store holds exactly one account of that server; several are a StoreError.
    /// Throws StoreError where the store is there and cannot be used.
    virtual std::optional<Credential> find(const Account& account) = 0;

    /// Adds or replaces; makes the store if need be. Returns false if this password and this
    /// fingerprint were there already: then nothing is written, and the old time stays. After a
    /// throw the old content is whole. Throws StoreError for an account without server or user,
    /// and where a field is longer than the store can hold.
    virtual bool put(const Credential& credential) = 0;

    /// Returns false if there was no such item.
    virtual bool erase(const Account& account) = 0;

    /// In order of the accounts; never a password.
    virtual std::vector<Entry> list() = 0;

    /// Encrypts the store anew, for another key. After a throw the old key and the old content
    /// are whole. Throws StoreError where the store has no key of its own, or does not exist.
    virtual KeyChange rekey(NewKey key);

    /// What makes the store less safe than it looks, a sentence each. Never throws StoreError.
    virtual std::vector<std::string> warnings() { return {}; }
};

}  // namespace credstore
