// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "envelope.hpp"
#include "secret.hpp"

/// The cryptography of a sealed file; `envelope.hpp` says which and why. A failure of the
/// library itself (no memory, no random numbers) throws std::runtime_error.
namespace credstore {

/// Random bytes that are fit for a key.
Secret random_secret(std::size_t size);

/// The bytes of a whole sealed file, for whoever has the opener: what stands in the key file or in
/// the systemd credential, or the passphrase. Twice the same gives different bytes.
std::string seal(const Secret& records, const Derivation& derivation, const Secret& opener);

/// Nothing if the opener is wrong or the file was changed; which of them cannot be told.
std::optional<Secret> unseal(const Envelope& envelope, const Secret& opener);

}  // namespace credstore
