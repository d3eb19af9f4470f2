// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fakes/memory_store.hpp"
#include "fakes/sealed_file_scratch.hpp"
#include "secret_service.hpp"
#include "systemd_credentials.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

// What every store promises, whatever is behind it. The Secret Service is libsecret's file back end
// here; tests/store/test_secret_service.py runs the same cases against a real keyring's daemon.

namespace {

struct BackEnd {
    std::string name;
    std::function<std::unique_ptr<CredentialStore>(const Scratch&)> open;
};

std::unique_ptr<CredentialStore> sealed_with(const Scratch& scratch, NewKey key)
{
    scratch.give("store-key", std::string(32, 's'));
    auto store = std::make_unique<SealedFile>(scratch.store());
    store->put(logon("first", "p"));
    store->rekey(std::move(key));
    store->erase({server, "first"});
    return store;
}

bool has_keyring_daemon()
{
    return std::getenv("VMROTATE_TEST_KEYRING") != nullptr;
}

/// Empty: libsecret keeps one place for the life of a process.
std::unique_ptr<CredentialStore> secret_service()
{
    static const Scratch scratch;
    if (!has_keyring_daemon()) {
        ::setenv("SECRET_BACKEND", "file", 1);
        ::setenv("SECRET_FILE_TEST_PATH", (scratch.directory / "keyring").c_str(), 1);
        ::setenv("SECRET_FILE_TEST_PASSWORD", "keyring", 1);
    }
    auto store = std::make_unique<SecretService>();
    for (const Entry& entry : store->list())
        store->erase(entry.account);
    return store;
}

const std::vector<BackEnd>& back_ends()
{
    static MemoryStore::Content memory;
    static const std::vector<BackEnd> all = {
        {"the sealed file by its key file",
         [](const Scratch& scratch) { return std::make_unique<SealedFile>(scratch.store()); }},
        {"the sealed file by a systemd credential",
         [](const Scratch& scratch) { return sealed_with(scratch, NewSystemdKey{"store-key"}); }},
        {"the Secret Service", [](const Scratch&) { return secret_service(); }},
        {"the fake",
         [](const Scratch&) {
             memory.clear();
             return std::make_unique<MemoryStore>(memory);
         }},
    };
    return all;
}

/// Each back end, empty, one after the other.
void with_each(const std::function<void(CredentialStore&)>& check)
{
    for (const BackEnd& back_end : back_ends()) {
        INFO("store: ", back_end.name);
        const Scratch scratch;
        const auto store = back_end.open(scratch);
        CHECK_FALSE(store->read_only());
        CHECK(store->list().empty());
        check(*store);
    }
}

Credential at(const std::string& user, const std::string& password, int seconds,
              const std::string& fingerprint = "")
{
    Credential credential = logon(user, password, fingerprint);
    credential.added = Added(std::chrono::seconds(seconds));
    return credential;
}

}  // namespace

TEST_CASE("contract: a store gives back what was put, to the byte")
{
    const std::vector<std::string> passwords = {
        "plain",  "o'brien \"x\" `$(y)`", "100 % %s %n", "newline at the end\n",
        "\r\n\t", "pässwörd 日本語 🍋",    "password=",   std::string(1024, 'k')};
    with_each([&](CredentialStore& store) {
        for (const std::string& password : passwords) {
            INFO("password: ", password);
            store.put(at("EXAMPLE\\backup", password, 1700000000, "AB:CD"));
            const auto found = store.find({server, "EXAMPLE\\backup"});
            REQUIRE(found.has_value());
            CHECK(found->account == Account{server, "EXAMPLE\\backup"});
            CHECK(found->password.reveal() == password);
            CHECK(found->fingerprint == "AB:CD");
            CHECK(found->added.time_since_epoch().count() == 1700000000);
        }
        CHECK(store.list().size() == 1);
    });
}

TEST_CASE("contract: what a store does not hold is not found, and erasing it changes nothing")
{
    with_each([](CredentialStore& store) {
        CHECK_FALSE(store.find({server, "backup"}).has_value());
        CHECK_FALSE(store.find({server, ""}).has_value());
        CHECK_FALSE(store.erase({server, "backup"}));
        store.put(logon("backup", "p"));
        for (const Account& other :
             {Account{server, "backu"}, Account{server, "Backup"},
              Account{"vcenter.example.co", "backup"}, Account{server + ":444", "backup"}}) {
            CHECK_FALSE(store.find(other).has_value());
            CHECK_FALSE(store.erase(other));
        }
        CHECK_FALSE(store.erase({server, ""}));
        CHECK(password_of(store, "backup") == "p");
    });
}

TEST_CASE("contract: the same logon is not written again, and keeps its time")
{
    with_each([](CredentialStore& store) {
        CHECK(store.put(at("backup", "old", 100, "AA")));
        CHECK_FALSE(store.put(at("backup", "old", 200, "AA")));
        CHECK(store.list().front().added.time_since_epoch().count() == 100);
        CHECK(store.put(at("backup", "new", 300, "AA")));
        CHECK(store.put(at("backup", "new", 400, "BB")));
        REQUIRE(store.list().size() == 1);
        CHECK(store.list().front().fingerprint == "BB");
        CHECK(store.list().front().added.time_since_epoch().count() == 400);
        CHECK(password_of(store, "backup") == "new");
    });
}

TEST_CASE("contract: lists in order of the accounts, and erases one of them only")
{
    with_each([](CredentialStore& store) {
        for (const auto& [host, user] : std::vector<std::pair<std::string, std::string>>{
                 {"b", "x"}, {"a", "z"}, {"b", "X"}, {"a:443", "y"}, {"a", "yy"}, {"a", "y"}})
            CHECK(store.put(logon(user, "p", "", host)));
        CHECK(names_in(store) == "y@a yy@a z@a y@a:443 X@b x@b");
        CHECK(store.erase({"a", "yy"}));
        CHECK_FALSE(store.erase({"a", "yy"}));
        CHECK(names_in(store) == "y@a z@a y@a:443 X@b x@b");
    });
}

TEST_CASE("contract: an empty user means the only account of the server")
{
    with_each([](CredentialStore& store) {
        store.put(logon("other", "wrong", "", "vcenter.example.co"));
        store.put(logon("backup", "right"));
        CHECK(store.find({server, ""})->account.user == "backup");
        store.put(logon("admin", "wrong"));
        CHECK(contains(error_of([&] {
                           store.find({server, ""});
                       }),
                       "holds 2 accounts of 'vcenter.example.com', among them 'admin' and "
                       "'backup' / name the user"));
    });
}

TEST_CASE("contract: a logon without a server or a user is not kept")
{
    with_each([](CredentialStore& store) {
        CHECK(
            contains(error_of([&] { store.put(logon("", "p")); }), "without a server and a user"));
        CHECK(contains(error_of([&] { store.put(logon("u", "p", "", "")); }), "without a server"));
        CHECK(store.list().empty());
    });
}

TEST_CASE("contract: what another object put is seen, as another process would")
{
    const Scratch scratch;
    for (const BackEnd& back_end : back_ends()) {
        if (back_end.name != "the sealed file by its key file")
            continue;
        const auto one = back_end.open(scratch), two = back_end.open(scratch);
        one->put(logon("backup", "p"));
        CHECK(password_of(*two, "backup") == "p");
    }
    const auto writer = secret_service();
    writer->put(logon("backup", "p"));
    SecretService reader;
    CHECK(password_of(reader, "backup") == "p");
}
