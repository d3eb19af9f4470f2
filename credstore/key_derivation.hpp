// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "envelope.hpp"
#include "secret.hpp"

namespace credstore {

/// The key-encryption key, 32 bytes, from what opens the file: the content of a key file or of a
/// systemd credential, or a passphrase. `envelope.hpp` says how. A failure of the library
/// itself, such as no memory, throws std::runtime_error.
Secret derive_key(const Derivation& derivation, const Secret& opener, std::string_view salt);

}  // namespace credstore
