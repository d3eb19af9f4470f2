// SPDX-License-Identifier: GPL-3.0-or-later
#include "secret_service.hpp"

#include <cstdlib>
#include <string>

#include "fakes/sealed_file_scratch.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

// With a bus and a keyring: tests/store/test_secret_service.py.

TEST_CASE("secret service: without its library it is not available, and says what to install")
{
    const auto look_up = [] {
        ::setenv("SECRET_BACKEND", "file", 1);
        SecretService store("libsecret-of-nobody.so.0");
        const std::string expected = "libsecret is not installed / apt install libsecret-1-0";
        return error_of([&] {
                   store.find({server, "backup"});
               }) == expected &&
               error_of([&] { store.list(); }) == expected &&
               error_of([&] { store.put(logon("backup", "p")); }) == expected &&
               error_of([&] {
                   store.erase({server, "backup"});
               }) == expected;
    };
    CHECK(in_child(look_up) == 0);
}

TEST_CASE("secret service: a library that is another one is told from libsecret")
{
    const auto look_up = [] {
        ::setenv("SECRET_BACKEND", "file", 1);
        SecretService store("libc.so.6");
        return contains(error_of([&] { store.list(); }),
                        "libsecret is too old: it has no secret_password_searchv_sync");
    };
    CHECK(in_child(look_up) == 0);
}

TEST_CASE("secret service: without a session bus it is not available, and nothing is started")
{
    const auto look_up = [] {
        ::unsetenv("SECRET_BACKEND");
        ::unsetenv("DBUS_SESSION_BUS_ADDRESS");
        ::setenv("XDG_RUNTIME_DIR", "/nonexistent", 1);
        ::setenv("DISPLAY", ":99", 1);
        SecretService store;
        return contains(error_of([&] {
                            store.find({server, "backup"});
                        }),
                        "there is no session bus: nobody is logged on at a desktop here");
    };
    CHECK(in_child(look_up) == 0);
}

TEST_CASE("secret service: is described, and can be written")
{
    const SecretService store;
    CHECK(store.describe() == "the Secret Service");
    CHECK_FALSE(store.read_only());
}
