// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "credential_store.hpp"

namespace credstore {

/// How one place answered: "the sealed file '/etc/vmrotate/credentials'", "it does not exist".
struct Answer {
    std::string place, answer;
};

/// What came of asking all places for one account.
struct Lookup {
    std::optional<Credential> credential;
    std::string place;           ///< which of them had it; empty where none had
    std::vector<Answer> others;  ///< all other places in their order, and why not they
};

/// One line of a list over all places.
struct Listed {
    Entry entry;
    std::string place;
};

struct Listing {
    std::vector<Listed> entries;  ///< place after place; within one, in order of the accounts
    std::vector<Answer> silent;   ///< places that could not be read, and why
};

/// The places that may hold a logon, asked one after the other.
///
/// A place that lacks the item, or is not available here and now, is passed over. Any other
/// trouble with one ends the look-up: a later place may hold an older password.
class Chain {
public:
    /// The usual places, in the order in which they are asked. There must be one.
    explicit Chain(std::vector<std::unique_ptr<CredentialStore>> places);

    /// The one place that somebody named: also one that is not available ends the look-up.
    explicit Chain(std::unique_ptr<CredentialStore> only);

    /// Throws StoreError from the first place with trouble.
    Lookup find(const Account& account);

    /// Throws StoreError like `find`, for places with more trouble than being unavailable.
    Listing list();

    /// Where a new logon goes, and what `rekey` is about: the first place that can be written.
    /// Throws StoreError where none can.
    CredentialStore& writable();

    /// The first place that has exactly this account, to be changed or removed there; nullptr
    /// where none has. Throws StoreError like `find`, and where this place is read-only.
    CredentialStore* holder_of(const Account& account);

    /// Of all places.
    std::vector<std::string> warnings();

private:
    std::vector<std::unique_ptr<CredentialStore>> places_;
    bool is_named_ = false;
};

}  // namespace credstore
