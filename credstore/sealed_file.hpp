// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "credential_store.hpp"
#include "key_sources.hpp"

namespace credstore {

/// Logons in an encrypted file that is opened by a key file, so that a timer can read them
/// while nobody is logged on. `envelope.hpp` and `records.hpp` specify the file.
///
/// `put` makes file and key file if both are missing, mode 0600, their directories 0700. A file
/// without its key file is an error: a new key would not open it. A wrong key and a damaged
/// file give the same error.
///
/// Both files must be private (`safe_file.hpp`). A change locks "<file>.lock", which stays; who
/// finds it locked waits up to ten seconds. It replaces the file in one step: interrupted at
/// any moment, it leaves the old logons or the new ones. Readers take no lock.
///
/// Holds at most 1024 logons and 1 MiB; a field at most 65535 bytes; else put throws.
class SealedFile final : public CredentialStore {
public:
    SealedFile(std::filesystem::path file, std::filesystem::path key_file);

    std::string describe() const override;
    std::optional<Credential> find(const Account& account) override;

    /// Also throws StoreError for an account without server or user.
    bool put(const Credential& credential) override;

    bool erase(const Account& account) override;
    std::vector<Entry> list() override;

private:
    struct Content;

    /// Nothing where the file is not there.
    std::optional<Content> load() const;
    void check(const Credential& credential) const;
    Secret key_for_new_file() const;

    std::filesystem::path file_, key_file_;
};

}  // namespace credstore
