// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <string>

namespace credstore {

/// `usual` is the look-up order: the systemd credentials, the sealed file, the Secret Service.
enum class StoreKind { usual, sealed_file, secret_service, systemd };

/// Which store somebody means.
struct StoreChoice {
    StoreKind kind = StoreKind::usual;
    std::filesystem::path file = {};  ///< the sealed file; empty: there is no usual place for one
    std::filesystem::path key_file = {};  ///< what opens it, where a key file does
};

/// What --store and [vcenter] `store` say: "secret-service", "systemd", or else the path of a
/// sealed file (one of such a name is "./systemd"); empty: the usual places. An empty
/// `key_file` is the one beside a named sealed file, or the usual one.
StoreChoice store_choice(const std::string& store, const std::string& key_file,
                         const StoreChoice& usual);

}  // namespace credstore
