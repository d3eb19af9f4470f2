// SPDX-License-Identifier: GPL-3.0-or-later
#include "store_choice.hpp"

namespace credstore {

StoreChoice store_choice(const std::string& store, const std::string& key_file,
                         const StoreChoice& usual)
{
    StoreChoice choice = usual;
    if (store == "secret-service")
        choice.kind = StoreKind::secret_service;
    else if (store == "systemd")
        choice.kind = StoreKind::systemd;
    else if (!store.empty())
        choice = {StoreKind::sealed_file, store, store + ".key"};
    if (!key_file.empty())
        choice.key_file = key_file;
    return choice;
}

}  // namespace credstore
