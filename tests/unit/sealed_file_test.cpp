// SPDX-License-Identifier: GPL-3.0-or-later
#include "sealed_file.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include <sys/resource.h>

#include "envelope.hpp"
#include "fakes/sealed_elsewhere.hpp"
#include "fakes/sealed_file_scratch.hpp"
#include "records.hpp"
#include "sealing.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

TEST_CASE("sealed file: gives back what was put")
{
    struct Row {
        std::string name, user, password, fingerprint;
    };
    const std::vector<Row> rows = {
        {"plain", "backup", "secret", "AB:CD:EF"},
        {"no fingerprint", "backup", "secret", ""},
        {"domain user", "EXAMPLE\\backup", "secret", ""},
        {"user with an at sign", "backup@vsphere.local", "secret", ""},
        {"Unicode", "ユーザー", "pässwörd 日本語 🍋", ""},
        {"quotes and line ends", "o'brien \"x\"", "\"'`$\\\n\r\t", ""},
        {"NUL bytes", std::string("a\0b", 3), std::string("\0p\0\0", 4), std::string("\0", 1)},
        {"no UTF-8", "\xff\xfe", "\x80\xff", "\xc3"},
        {"empty password", "backup", "", ""},
        {"longest", std::string(65535, 'u'), std::string(65535, 'p'), std::string(65535, 'f')},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        const Scratch scratch;
        CHECK(scratch.store().put(logon(row.user, row.password, row.fingerprint)));
        const auto found = scratch.store().find({server, row.user});
        REQUIRE(found.has_value());
        CHECK(found->account == Account{server, row.user});
        CHECK(found->password.reveal() == row.password);
        CHECK(found->fingerprint == row.fingerprint);
    }
}

TEST_CASE("sealed file: holds a hundred accounts")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    for (int i = 0; i < 100; ++i)
        CHECK(store.put(logon(fmt::format("user{}", i), fmt::format("password{}", i))));
    CHECK(store.list().size() == 100);
    for (int i = 0; i < 100; ++i)
        CHECK(password_of(store, fmt::format("user{}", i)) == fmt::format("password{}", i));
}

TEST_CASE("sealed file: lists in order of the accounts, whatever the order of the puts")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    for (const auto& [host, user] : std::vector<std::pair<std::string, std::string>>{
             {"b", "x"}, {"a", "z"}, {"b", "X"}, {"a:443", "y"}, {"a", "yy"}, {"a", "y"}})
        store.put(logon(user, "p", "F:" + user, host));
    CHECK(names_in(store) == "y@a yy@a z@a y@a:443 X@b x@b");
    CHECK(store.list().front().fingerprint == "F:y");
}

TEST_CASE("sealed file: where there is none, nothing is found and nothing is made")
{
    const Scratch scratch;
    SealedFile store(scratch.directory / "a" / "credentials", {scratch.directory / "b" / "key"});
    CHECK_FALSE(store.find({server, "backup"}).has_value());
    CHECK_FALSE(store.erase({server, "backup"}));
    CHECK(store.list().empty());
    CHECK(std::filesystem::is_empty(scratch.directory));
}

TEST_CASE("sealed file: what was there already is not written again")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    CHECK(store.put(logon("backup", "old", "AA")));
    const std::string before = content_of(scratch.file());
    CHECK_FALSE(store.put(logon("backup", "old", "AA")));
    CHECK(content_of(scratch.file()) == before);

    CHECK(store.put(logon("backup", "new", "AA")));
    CHECK(password_of(store, "backup") == "new");
    CHECK(store.put(logon("backup", "new", "BB")));
    CHECK(store.find({server, "backup"})->fingerprint == "BB");
    CHECK(store.list().size() == 1);
}

TEST_CASE("sealed file: erases one account and no other")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    for (const std::string user : {"a", "b", "c"})
        store.put(logon(user, "password " + user));
    CHECK(store.erase({server, "b"}));
    CHECK_FALSE(store.erase({server, "b"}));
    CHECK_FALSE(store.erase({server, ""}));
    CHECK_FALSE(store.erase({"other.example.com", "a"}));
    CHECK(password_of(store, "a") == "password a");
    CHECK(password_of(store, "b") == "nothing");
    CHECK(password_of(store, "c") == "password c");

    CHECK(store.erase({server, "a"}));
    CHECK(store.erase({server, "c"}));
    CHECK(store.list().empty());
    CHECK(store.put(logon("d", "password d")));
    CHECK(password_of(store, "d") == "password d");
}

TEST_CASE("sealed file: an empty user means the only account of the server")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    store.put(logon("other", "wrong", "", "vcenter.example.co"));
    store.put(logon("other", "wrong", "", "vcenter.example.com:443"));
    CHECK_FALSE(store.find({server, ""}).has_value());

    store.put(logon("backup", "right"));
    const auto found = store.find({server, ""});
    REQUIRE(found.has_value());
    CHECK(found->account.user == "backup");
    CHECK(found->password.reveal() == "right");

    store.put(logon("admin", "wrong"));
    const std::string error = error_of([&] { store.find({server, ""}); });
    CHECK(contains(error,
                   "holds 2 accounts of 'vcenter.example.com', among them 'admin' and "
                   "'backup' / name the user"));
    CHECK(password_of(store, "backup") == "right");
}

TEST_CASE("sealed file: what cannot be kept is refused, and nothing is made")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    const std::string too_long(65536, 'x');
    CHECK(contains(error_of([&] { store.put(logon("", "p")); }), "without a server and a user"));
    CHECK(contains(error_of([&] { store.put(logon("u", "p", "", "")); }), "without a server"));
    CHECK(contains(error_of([&] { store.put(logon(too_long, "p")); }), "longer than 65535"));
    CHECK(contains(error_of([&] { store.put(logon("u", too_long)); }), "longer than 65535"));
    CHECK(contains(error_of([&] { store.put(logon("u", "p", too_long)); }), "longer than 65535"));
    CHECK(std::filesystem::is_empty(scratch.directory));
}

TEST_CASE("sealed file: one that is full says so and keeps what it has")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    const std::string big(65000, 'p');
    std::string error = "no error";
    int count = 0;
    for (; error == "no error" && count < 100; ++count)
        error = error_of([&] { store.put(logon(fmt::format("user{}", count), big)); });
    CHECK(contains(error, "is full"));
    CHECK(count == 17);
    CHECK(store.list().size() == 16);
}

TEST_CASE("sealed file: file, key and lock are made mode 0600, directories 0700")
{
    const Scratch scratch;
    const path file = scratch.directory / "a" / "b" / "credentials";
    const path key = scratch.directory / "c" / "key";
    const mode_t former = ::umask(0);
    SealedFile(file, {key}).put(logon("backup", "p"));
    SealedFile(file, {key}).put(logon("backup", "q"));
    ::umask(former);

    for (const path& made : {file, key, path(file.string() + ".lock")})
        CHECK_MESSAGE(mode_of(made) == perms(0600), made);
    for (const path& made :
         {file.parent_path(), file.parent_path().parent_path(), key.parent_path()})
        CHECK_MESSAGE(mode_of(made) == perms(0700), made);
    const auto entries = std::filesystem::directory_iterator(file.parent_path());
    CHECK(std::distance(begin(entries), end(entries)) == 2);
}

TEST_CASE("sealed file: holds no password, user, server or fingerprint in clear")
{
    const Scratch scratch;
    scratch.store().put(logon("canary-user", "canary-password", "CA:NA:RY"));
    const std::string content = content_of(scratch.file());
    for (const std::string part : {"canary-user", "canary-password", "CA:NA:RY", "example"})
        CHECK_FALSE(contains(content, part));
    CHECK_FALSE(contains(content, content_of(scratch.key())));
}

TEST_CASE("sealed file: the same logons are never the same bytes twice")
{
    const Secret records = write_records({{"s", "u", "f", "p", 0}});
    const Secret key(std::string(32, 'k'));
    const std::string first = seal(records, ByKeyFile{}, key);
    const std::string second = seal(records, ByKeyFile{}, key);
    REQUIRE(first.size() == second.size());
    const auto one = std::get<Envelope>(parse_envelope(bytes(first)));
    const auto two = std::get<Envelope>(parse_envelope(bytes(second)));
    CHECK(one.salt != two.salt);
    CHECK(one.key_nonce != two.key_nonce);
    CHECK(one.wrapped_key != two.wrapped_key);
    CHECK(one.records_nonce != two.records_nonce);
    CHECK(one.sealed_records != two.sealed_records);
}

TEST_CASE("sealed file: one of version 1 that another program wrote can be read")
{
    const std::string hex =
        "766d726f74617465207365616c65642063726564656e7469616c7320310a010000404142434445464748494a"
        "4b4c4d4e4f505152535455565758595a5b5c5d5e5f010101010101010101010101ef1d0b099c44e73e728aa4"
        "523bc2cf1dbd74afd03d1eb1485c97456f4090261f0eb917dae3f378fbfae963ee86aac06e02020202020202"
        "020202020200000045be759474674ff0ebc48961161f52f86e296244f5a8b0c533e149f204b751945669b5d9"
        "dadb875ac024d4b58d85069c5395cdc910807549385c88f863ab214b699107694396";
    const Scratch scratch;
    std::string content, key;
    for (std::size_t i = 0; i < hex.size(); i += 2)
        content += static_cast<char>(std::stoi(hex.substr(i, 2), nullptr, 16));
    for (int i = 0; i < 32; ++i)
        key += static_cast<char>(i);
    write_file(scratch.file(), content);
    write_file(scratch.key(), key);

    const auto found = scratch.store().find({server, "backup"});
    REQUIRE(found.has_value());
    CHECK(found->password.reveal() == "correct horse");
    CHECK(found->fingerprint == "AB:CD");
    CHECK(found->added == Added{});

    SealedFile store = scratch.store();
    CHECK(store.put(logon("other", "p")));
    CHECK(content_of(scratch.file()).starts_with("vmrotate sealed credentials 2\n"));
    CHECK(password_of(store, "backup") == "correct horse");
}

TEST_CASE("sealed file: one of version 2 that another program wrote can be read")
{
    const std::vector<std::string> files = {sealed_elsewhere::by_key_file,
                                            sealed_elsewhere::by_systemd,
                                            sealed_elsewhere::by_passphrase};
    for (const std::string& content : files) {
        const Scratch scratch;
        write_file(scratch.file(), content);
        write_file(scratch.key(), sealed_elsewhere::key());
        scratch.give("store-key", sealed_elsewhere::key());
        SealedFile store = scratch.store();
        const auto found = store.find({server, ""});
        REQUIRE(found.has_value());
        CHECK(found->account.user == "backup");
        CHECK(found->password.reveal() == "correct horse");
        CHECK(found->fingerprint == "AB:CD");
        CHECK(found->added.time_since_epoch().count() == 1700000000);

        CHECK(store.erase({server, "backup"}));
        CHECK(content_of(scratch.file()).substr(0, 33) == content.substr(0, 33));
        CHECK(store.list().empty());
    }
}
