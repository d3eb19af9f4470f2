// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "secret.hpp"

namespace credstore {

/// The user's keyring behind the Secret Service, for one operation: from its making on, all calls
/// together take no longer than the patience. Nobody is ever asked for the keyring's password.
///
/// All throw StoreUnavailable: libsecret not installed, no session bus, no keyring on it, the
/// keyring locked, no answer in time; or StoreError for what is wrong with the keyring, such as
/// a wrong password for one that is kept in a file.
class Keyring {
public:
    using Attributes = std::map<std::string, std::string>;

    Keyring(const char* library, std::chrono::milliseconds patience);
    ~Keyring();
    Keyring(const Keyring&) = delete;
    Keyring& operator=(const Keyring&) = delete;

    /// The texts of all items that have these attributes.
    std::vector<Secret> search(const Attributes& attributes);

    /// Replaces the item with exactly these attributes.
    void store(const Attributes& attributes, const std::string& label, const Secret& text);

    void clear(const Attributes& attributes);

private:
    struct Connection;
    std::unique_ptr<Connection> connection_;
};

}  // namespace credstore
