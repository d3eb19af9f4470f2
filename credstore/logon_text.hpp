// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string_view>

#include "credential_store.hpp"

/// One logon as text, for places that keep texts: a systemd credential, a keyring's item.
///
///     server=vc.example.com
///     user=backup@vsphere.local
///     fingerprint=AB:CD:...        may be missing
///     added=1700000000             may be missing; seconds since 1970 in UTC
///     password=...
///
/// Nothing is quoted. The password stands last, and is all that follows "password=", except one
/// newline at the very end: so any bytes can stand in it. The lines before it stand in this order
/// or any other, each once, and hold no control characters.
namespace credstore {

/// With the newline at the end, so that a password that ends in one stays whole. Throws
/// StoreError where server, user or fingerprint have control characters.
Secret write_logon(const Credential& credential);

/// Takes any bytes; the server comes in lower case. Throws StoreError, whose message says what
/// is wrong and never repeats a value.
Credential parse_logon(std::string_view text);

}  // namespace credstore
