// SPDX-License-Identifier: GPL-3.0-or-later
#include "key_file.hpp"

#include <fmt/format.h>

#include "credential_store.hpp"
#include "safe_file.hpp"
#include "sealing.hpp"

namespace credstore::key_file {

std::optional<Secret> load_or_none(const std::filesystem::path& file)
{
    std::optional<Secret> key = read_private_file(file, key_size);
    if (key && key->size() != key_size)
        throw StoreError(fmt::format("the key file '{}' is damaged: it has {} bytes instead of {}",
                                     file.string(), key->size(), key_size),
                         "put the right key file back from where you keep a copy of it");
    return key;
}

Secret create(const std::filesystem::path& file)
{
    Secret key = random_secret(key_size);
    create_private_file(file, key.reveal());
    return key;
}

}  // namespace credstore::key_file
