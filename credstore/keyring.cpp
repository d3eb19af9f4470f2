// SPDX-License-Identifier: GPL-3.0-or-later
#include "keyring.hpp"

#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string_view>
#include <thread>

#include <fmt/format.h>

#include "credential_store.hpp"
#include "libsecret.hpp"

namespace credstore {
namespace {

using Clock = std::chrono::steady_clock;

// "xdg:schema" is what other programs know our items by
const SecretSchema schema = {"org.vmrotate.Logon",
                             SECRET_SCHEMA_NONE,
                             {{"service", SECRET_SCHEMA_ATTRIBUTE_STRING},
                              {"server", SECRET_SCHEMA_ATTRIBUTE_STRING},
                              {"user", SECRET_SCHEMA_ATTRIBUTE_STRING},
                              {nullptr, SECRET_SCHEMA_ATTRIBUTE_STRING}},
                             0,
                             nullptr,
                             nullptr,
                             nullptr,
                             nullptr,
                             nullptr,
                             nullptr,
                             nullptr};

std::string_view variable(const char* name)
{
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string_view() : value;
}

/// Libsecret keeps the items in an encrypted file then, and no service is asked.
bool is_kept_in_a_file()
{
    return variable("SECRET_BACKEND") == "file";
}

void require_session_bus()
{
    const std::filesystem::path runtime = variable("XDG_RUNTIME_DIR");
    std::error_code ignored;
    if (variable("DBUS_SESSION_BUS_ADDRESS").empty() &&
        (runtime.empty() || !std::filesystem::exists(runtime / "bus", ignored)))
        throw StoreUnavailable("there is no session bus: nobody is logged on at a desktop here",
                               "for jobs without a desktop use the sealed file, or systemd "
                               "credentials");
}

}  // namespace

struct Keyring::Connection {
    Connection(const char* library, std::chrono::milliseconds most)
        : lib(libsecret(library)), patience(most), cancellable(lib.cancellable_new())
    {
        watchdog = std::jthread([this](const std::stop_token& stop) {
            std::mutex mutex;
            std::condition_variable_any alarm;
            std::unique_lock lock(mutex);
            if (!alarm.wait_for(lock, stop, patience, [&] { return stop.stop_requested(); }))
                lib.cancellable_cancel(cancellable);
        });
    }

    ~Connection()
    {
        watchdog.request_stop();
        watchdog.join();
        lib.object_unref(cancellable);
    }

    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    /// Throws what an error means. Takes it over; nothing happens without one.
    void check(GError* error, const char* action) const
    {
        if (error == nullptr)
            return;
        const std::string message = error->message;
        lib.error_free(error);
        if (Clock::now() - begin >= patience)
            throw StoreUnavailable(
                fmt::format("the Secret Service did not answer within {} s",
                            std::chrono::duration_cast<std::chrono::seconds>(patience).count()),
                "see whether the session bus and the keyring's daemon are alive");
        throw StoreError(fmt::format("cannot {} the Secret Service: {}", action, message));
    }

    /// Owns what it returns.
    GHashTable* table(const Attributes& attributes) const
    {
        GHashTable* const table = lib.hash_table_new(lib.str_hash, lib.str_equal);
        for (const auto& [name, value] : attributes)
            lib.hash_table_insert(table, const_cast<char*>(name.c_str()),
                                  const_cast<char*>(value.c_str()));
        return table;
    }

    void require_unlocked() const
    {
        GError* error = nullptr;
        SecretService* const service =
            lib.service_get_sync(SECRET_SERVICE_OPEN_SESSION, cancellable, &error);
        check_service(error);
        if (service == nullptr)  // libsecret may fail without an error
            throw StoreUnavailable("no keyring answers on the session bus", install);
        SecretCollection* const collection = lib.collection_for_alias_sync(
            service, SECRET_COLLECTION_DEFAULT, SECRET_COLLECTION_NONE, cancellable, &error);
        const bool is_locked = collection != nullptr && lib.collection_get_locked(collection) != 0;
        if (collection != nullptr)
            lib.object_unref(collection);
        lib.object_unref(service);
        check(error, "open the default keyring of");
        if (is_locked)
            throw StoreUnavailable("the default keyring is locked",
                                   "unlock it: log in at the desktop, or run "
                                   "'gnome-keyring-daemon --unlock', which does not tell a wrong "
                                   "password");
    }

    /// A search by attributes would find nothing, without an error.
    void require_right_password() const
    {
        GError* error = nullptr;
        GHashTable* const all = table({});
        GList* const items =
            lib.password_searchv_sync(&schema, all, SECRET_SEARCH_ALL, cancellable, &error);
        lib.hash_table_unref(all);
        for (const GList* item = items; item != nullptr; item = item->next)
            lib.object_unref(item->data);
        lib.list_free(items);
        if (error == nullptr)
            return;
        lib.error_free(error);
        throw StoreError("the password of the keyring's file is wrong, or the file is damaged",
                         "give the right password to whatever unlocks the keyring");
    }

    void check_service(GError* error) const
    {
        if (error == nullptr || Clock::now() - begin >= patience)
            return check(error, "reach");
        const std::string message = error->message;
        lib.error_free(error);
        throw StoreUnavailable(fmt::format("no keyring answers on the session bus: {}", message),
                               install);
    }

    static constexpr const char* install =
        "install and start one, such as gnome-keyring, or use the sealed file";

    const Libsecret& lib;
    std::chrono::milliseconds patience;
    Clock::time_point begin = Clock::now();
    GCancellable* cancellable;
    std::jthread watchdog;
};

Keyring::Keyring(const char* library, std::chrono::milliseconds patience)
{
    const bool is_file = is_kept_in_a_file();
    if (!is_file)
        require_session_bus();
    connection_ = std::make_unique<Connection>(library, patience);
    if (is_file)
        connection_->require_right_password();
    else
        connection_->require_unlocked();
}

Keyring::~Keyring() = default;

std::vector<Secret> Keyring::search(const Attributes& attributes)
{
    const Connection& c = *connection_;
    GError* error = nullptr;
    GHashTable* const wanted = c.table(attributes);
    GList* const items =
        c.lib.password_searchv_sync(&schema, wanted, SECRET_SEARCH_ALL, c.cancellable, &error);
    c.lib.hash_table_unref(wanted);
    std::vector<Secret> texts;
    for (const GList* item = items; item != nullptr; item = item->next) {
        auto* const retrievable = static_cast<SecretRetrievable*>(item->data);
        SecretValue* const value =
            error == nullptr ? c.lib.retrieve_secret_sync(retrievable, c.cancellable, &error)
                             : nullptr;
        if (value != nullptr) {
            gsize size = 0;
            const char* const text = c.lib.value_get(value, &size);
            texts.emplace_back(std::string_view(text, size));
            c.lib.value_unref(value);
        }
        c.lib.object_unref(item->data);
    }
    c.lib.list_free(items);
    c.check(error, "read the logons in");
    return texts;
}

void Keyring::store(const Attributes& attributes, const std::string& label, const Secret& text)
{
    const Connection& c = *connection_;
    GError* error = nullptr;
    GHashTable* const table = c.table(attributes);
    SecretValue* const value =
        c.lib.value_new(text.reveal().data(), static_cast<gssize>(text.size()), "text/plain");
    const gboolean stored = c.lib.password_storev_binary_sync(
        &schema, table, SECRET_COLLECTION_DEFAULT, label.c_str(), value, c.cancellable, &error);
    c.lib.value_unref(value);
    c.lib.hash_table_unref(table);
    c.check(error, "store a logon in");
    if (stored == 0)
        throw StoreError("cannot store a logon in the Secret Service: it did not say why");
}

void Keyring::clear(const Attributes& attributes)
{
    const Connection& c = *connection_;
    GError* error = nullptr;
    GHashTable* const table = c.table(attributes);
    c.lib.password_clearv_sync(&schema, table, c.cancellable, &error);
    c.lib.hash_table_unref(table);
    c.check(error, "remove a logon from");
}

}  // namespace credstore
