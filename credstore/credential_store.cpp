// SPDX-License-Identifier: GPL-3.0-or-later
#include "credential_store.hpp"

namespace credstore {

KeyChange CredentialStore::rekey(NewKey)
{
    throw StoreError("cannot give a new key to " + describe() + ": it has none of its own",
                     "'credential rekey' is for a sealed file: give --store FILE");
}

}  // namespace credstore
