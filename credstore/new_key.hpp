// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>
#include <variant>

#include "secret.hpp"

namespace credstore {

/// A file of 32 random bytes. It is made; also where it is there already and is the one that opens
/// the store now. Another key file that is there is taken as it is: it may open other stores.
/// Empty: the usual place.
struct NewKeyFile {
    std::filesystem::path file = {};
};

/// A systemd credential of 32 bytes, which the service is given by LoadCredentialEncrypted=. It
/// must be there already: nobody but an administrator can make it.
struct NewSystemdKey {
    std::string name;
};

/// A passphrase, 1 to 1024 bytes; a store so locked is opened by a person only.
struct NewPassphrase {
    Secret passphrase;
};

/// How a sealed file is opened from now on.
using NewKey = std::variant<NewKeyFile, NewSystemdKey, NewPassphrase>;

/// What became of the key files.
struct KeyChange {
    std::filesystem::path key_file = {};  ///< that opens it from now on; empty: no key file does
    bool was_there = false;               ///< `key_file` was taken as it was found
    std::filesystem::path left = {};      ///< still lies there, and opens it no longer; or empty
};

}  // namespace credstore
