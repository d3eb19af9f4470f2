// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <string>

#include "secret.hpp"

namespace credstore {

/// Where the key of a sealed file may come from; the file itself says which of them it is.
struct KeySources {
    std::filesystem::path key_file;
    std::filesystem::path credentials_directory = {};  ///< of systemd; empty: there is none

    /// Asks a person, without an echo. May throw; not called for a file without a passphrase.
    std::function<Secret(const std::string& prompt)> ask_passphrase = {};
};

}  // namespace credstore
