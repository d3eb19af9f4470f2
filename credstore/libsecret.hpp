// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

// Declarations only: nothing here is linked. What is called is found by `libsecret()`.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wpedantic"
#include <libsecret/secret.h>
#pragma GCC diagnostic pop

namespace credstore {

/// The functions of libsecret, and of the GLib below it, that are used here.
struct Libsecret {
    decltype(&::secret_password_searchv_sync) password_searchv_sync;
    decltype(&::secret_password_storev_binary_sync) password_storev_binary_sync;
    decltype(&::secret_password_clearv_sync) password_clearv_sync;
    decltype(&::secret_retrievable_retrieve_secret_sync) retrieve_secret_sync;
    decltype(&::secret_service_get_sync) service_get_sync;
    decltype(&::secret_collection_for_alias_sync) collection_for_alias_sync;
    decltype(&::secret_collection_get_locked) collection_get_locked;
    decltype(&::secret_value_new) value_new;
    decltype(&::secret_value_get) value_get;
    decltype(&::secret_value_unref) value_unref;
    decltype(&::g_cancellable_new) cancellable_new;
    decltype(&::g_cancellable_cancel) cancellable_cancel;
    decltype(&::g_error_free) error_free;
    decltype(&::g_hash_table_new) hash_table_new;
    decltype(&::g_hash_table_insert) hash_table_insert;
    decltype(&::g_hash_table_unref) hash_table_unref;
    decltype(&::g_list_free) list_free;
    decltype(&::g_object_unref) object_unref;
    decltype(&::g_str_equal) str_equal;
    decltype(&::g_str_hash) str_hash;
};

/// Loads the library by its file name, once. Throws StoreUnavailable where it is not there.
const Libsecret& libsecret(const char* library);

}  // namespace credstore
