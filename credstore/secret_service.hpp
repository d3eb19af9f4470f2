// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "credential_store.hpp"

namespace credstore {

/// Logons in the user's keyring (GNOME Keyring, KWallet, KeePassXC), by the Secret Service. The
/// library for it is loaded when it is needed first.
///
/// Each item has the schema "org.vmrotate.Logon" and the attributes service=vmrotate, server and
/// user; its secret is the logon as text (`logon_text.hpp`). No call takes longer than `patience`;
/// a locked keyring is said to be locked, and nobody is asked to unlock it.
///
/// With SECRET_BACKEND=file, libsecret keeps the items in an encrypted file without any service.
class SecretService final : public CredentialStore {
public:
    explicit SecretService(std::string library = "libsecret-1.so.0",
                           std::chrono::milliseconds patience = std::chrono::seconds(8));

    std::string describe() const override { return "the Secret Service"; }
    std::optional<Credential> find(const Account& account) override;
    bool put(const Credential& credential) override;
    bool erase(const Account& account) override;
    std::vector<Entry> list() override;

private:
    std::string library_;
    std::chrono::milliseconds patience_;
};

}  // namespace credstore
