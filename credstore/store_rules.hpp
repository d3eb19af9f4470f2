// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "credential_store.hpp"

/// What holds for every store.
namespace credstore {

/// Throws StoreError for a logon without server or user, and for one with a field of more than
/// 65535 bytes; `store` is what the store is called.
void check_storable(const Credential& credential, const std::string& store);

/// Which of the accounts, each there once and in their order, `wanted` means: itself, or with an
/// empty user the only one of its server. Nothing where it is not there. Throws StoreError
/// where several could be meant; `store` is what the store is called.
std::optional<std::size_t> choose_account(const std::vector<Account>& accounts,
                                          const Account& wanted, const std::string& store);

/// The same of logons that are all in memory.
std::optional<Credential> choose(std::vector<Credential> all, const Account& wanted,
                                 const std::string& store);

/// Whose they are, in the order of `all`; the passwords are wiped.
std::vector<Entry> entries_of(std::vector<Credential> all);

}  // namespace credstore
