// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "credential_store.hpp"
#include "key_sources.hpp"
#include "sealing_keys.hpp"

namespace credstore {

/// Logons in an encrypted file. It is opened by a key file, so that a timer can read it while
/// nobody is logged on; or after `rekey` by a systemd credential, or by a passphrase.
/// `envelope.hpp` and `records.hpp` specify the file.
///
/// `put` makes file and key file if both are missing, mode 0600, their directories 0700. A file
/// without its key file is an error: a new key would not open it. A wrong key or passphrase
/// and a damaged file give the same error.
///
/// Both files must be private (`safe_file.hpp`). A change locks "<file>.lock", which stays; who
/// finds it locked waits up to ten seconds. It replaces the file in one step: interrupted at
/// any moment, it leaves the old logons or the new ones. Readers take no lock.
///
/// Holds at most 1024 logons and 1 MiB; a field at most 65535 bytes; else put throws.
class SealedFile final : public CredentialStore {
public:
    SealedFile(std::filesystem::path file, KeySources keys);

    std::string describe() const override;
    bool exists() const override;
    std::optional<Credential> find(const Account& account) override;
    bool put(const Credential& credential) override;
    bool erase(const Account& account) override;
    std::vector<Entry> list() override;

    /// A key file that opens other sealed files too must not be replaced: they would be lost.
    KeyChange rekey(NewKey key) override;

private:
    struct Content;

    /// Nothing where the file is not there.
    std::optional<Content> load();
    std::optional<Content> open(const Envelope& envelope, const std::vector<Secret>& openers) const;

    /// For a change, under the lock.
    std::optional<Content> load_to_change();

    std::filesystem::path file_;
    SealingKeys keys_;
};

}  // namespace credstore
