// SPDX-License-Identifier: GPL-3.0-or-later
#include "libsecret.hpp"

#include <string>

#include <dlfcn.h>

#include "credential_store.hpp"

namespace credstore {
namespace {

template <class Function>
void find(void* library, const char* name, Function& function)
{
    function = reinterpret_cast<Function>(::dlsym(library, name));
    if (function == nullptr)
        throw StoreUnavailable(std::string("libsecret is too old: it has no ") + name,
                               "install libsecret 0.20 or newer");
}

Libsecret functions_of(void* library)
{
    Libsecret all{};
    find(library, "secret_password_searchv_sync", all.password_searchv_sync);
    find(library, "secret_password_storev_binary_sync", all.password_storev_binary_sync);
    find(library, "secret_password_clearv_sync", all.password_clearv_sync);
    find(library, "secret_retrievable_retrieve_secret_sync", all.retrieve_secret_sync);
    find(library, "secret_service_get_sync", all.service_get_sync);
    find(library, "secret_collection_for_alias_sync", all.collection_for_alias_sync);
    find(library, "secret_collection_get_locked", all.collection_get_locked);
    find(library, "secret_value_new", all.value_new);
    find(library, "secret_value_get", all.value_get);
    find(library, "secret_value_unref", all.value_unref);
    find(library, "g_cancellable_new", all.cancellable_new);
    find(library, "g_cancellable_cancel", all.cancellable_cancel);
    find(library, "g_error_free", all.error_free);
    find(library, "g_hash_table_new", all.hash_table_new);
    find(library, "g_hash_table_insert", all.hash_table_insert);
    find(library, "g_hash_table_unref", all.hash_table_unref);
    find(library, "g_list_free", all.list_free);
    find(library, "g_object_unref", all.object_unref);
    find(library, "g_str_equal", all.str_equal);
    find(library, "g_str_hash", all.str_hash);
    return all;
}

}  // namespace

const Libsecret& libsecret(const char* library)
{
    void* const loaded = ::dlopen(library, RTLD_NOW | RTLD_LOCAL);  // never closed: GLib stays
    if (loaded == nullptr)
        throw StoreUnavailable("libsecret is not installed", "apt install libsecret-1-0");
    static const Libsecret functions = functions_of(loaded);
    return functions;
}

}  // namespace credstore
