// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "credential_store.hpp"

namespace credstore {

/// Logons that systemd gives to a unit, by LoadCredentialEncrypted= or LoadCredential=: each
/// credential whose name begins with "vmrotate-logon" is one (`logon_text.hpp`), at most 64 of
/// them. One is made like this, by root, and any password will do:
///
///     { printf 'server=vc.example.com\nuser=backup@vsphere.local\npassword='
///       systemd-ask-password -n 'Password:'; } |
///       systemd-creds encrypt --name=vmrotate-logon - /etc/credstore.encrypted/vmrotate-logon
///
/// and in the unit:
///
///     LoadCredentialEncrypted=vmrotate-logon:/etc/credstore.encrypted/vmrotate-logon
///
/// Read-only. The folder and its files must be root's or this user's, not written to by group or
/// others, the files not read by others.
class SystemdCredentials final : public CredentialStore {
public:
    /// `folder`: what CREDENTIALS_DIRECTORY says; empty where it is not set. `encrypted`: where an
    /// administrator keeps the encrypted credentials; `warnings` looks there.
    explicit SystemdCredentials(std::filesystem::path folder,
                                std::vector<std::filesystem::path> encrypted = {
                                    "/etc/credstore.encrypted"});

    std::string describe() const override;
    bool read_only() const override { return true; }

    /// Throws StoreUnavailable where CREDENTIALS_DIRECTORY is not set.
    std::optional<Credential> find(const Account& account) override;
    [[noreturn]] bool put(const Credential& credential) override;
    [[noreturn]] bool erase(const Account& account) override;
    std::vector<Entry> list() override;

    /// Names each encrypted credential of vmrotate's that anybody can decrypt: the null key,
    /// which systemd-creds takes in place of a TPM that is not there (--with-key=tpm2-absent).
    std::vector<std::string> warnings() override;

private:
    /// In order of the accounts.
    std::vector<Credential> load() const;

    std::filesystem::path folder_;
    std::vector<std::filesystem::path> encrypted_;
};

/// Whether an encrypted credential, as Base64, says of itself that its key is the null key.
bool has_null_key(std::string_view encrypted);

}  // namespace credstore
