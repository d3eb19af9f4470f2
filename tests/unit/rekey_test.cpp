// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>
#include <stdexcept>
#include <string>
#include <vector>

#include <sys/resource.h>

#include "fakes/sealed_elsewhere.hpp"
#include "fakes/sealed_file_scratch.hpp"
#include "safe_file.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

namespace {

const std::string systemd_key(32, 's');

NewKey passphrase(const std::string& text = "correct passphrase")
{
    return NewPassphrase{Secret(text)};
}

path next_of(const path& key)
{
    return key.string() + ".next";
}

}  // namespace

TEST_CASE("rekey: a new key file takes the old one's place, and the old one opens nothing")
{
    const Scratch scratch;
    scratch.store().put(logon("backup", "password"));
    const std::string old_key = content_of(scratch.key()), old_file = content_of(scratch.file());
    scratch.store().rekey(NewKeyFile{});
    CHECK(content_of(scratch.key()) != old_key);
    CHECK(mode_of(scratch.key()) == perms(0600));
    CHECK_FALSE(std::filesystem::exists(next_of(scratch.key())));
    SealedFile store = scratch.store();
    CHECK(password_of(store, "backup") == "password");

    write_file(scratch.key(), old_key);
    CHECK(contains(error_of([&] { scratch.store().list(); }), wrong_or_damaged));
    write_file(scratch.file(), old_file);
    CHECK(password_of(store, "backup") == "password");
}

TEST_CASE("rekey: from each kind of key to each other, and nothing is lost")
{
    const std::vector<std::string> kinds = {"key file", "passphrase", "systemd"};
    const auto key_of = [](const std::string& kind) -> NewKey {
        if (kind == "key file")
            return NewKeyFile{};
        return kind == "systemd" ? NewKey(NewSystemdKey{"store-key"}) : passphrase();
    };
    const Scratch scratch;
    scratch.give("store-key", systemd_key);
    scratch.store().put(logon("backup", "password", "AB:CD"));
    for (const std::string& from : kinds)
        for (const std::string& to : kinds) {
            INFO("from ", from, " to ", to);
            scratch.store().rekey(key_of(from));
            const std::string before = content_of(scratch.file());
            scratch.store().rekey(key_of(to));
            CHECK(content_of(scratch.file()) != before);
            SealedFile store = scratch.store();
            CHECK(password_of(store, "backup") == "password");
            CHECK(store.list().front().fingerprint == "AB:CD");
        }
}

TEST_CASE("rekey: one that is opened by a passphrase asks for it once")
{
    const Scratch scratch;
    scratch.store().put(logon("backup", "password"));
    scratch.store().rekey(passphrase());
    std::vector<std::string> prompts;
    KeySources keys = scratch.keys();
    keys.ask_passphrase = [&](const std::string& prompt) {
        prompts.push_back(prompt);
        return Secret("correct passphrase");
    };
    SealedFile store(scratch.file(), keys);
    CHECK(store.put(logon("other", "p")));
    CHECK(store.list().size() == 2);
    REQUIRE(prompts.size() == 1);
    CHECK(prompts.front() ==
          fmt::format("Passphrase of the sealed file '{}': ", scratch.file().string()));
}

TEST_CASE("rekey: a wrong passphrase and a changed byte give the same error")
{
    const Scratch scratch;
    write_file(scratch.file(), sealed_elsewhere::by_passphrase);
    const std::string wrong = error_of([&] { scratch.store_with("wrong").list(); });
    CHECK(contains(wrong, wrong_or_damaged));
    CHECK(error_of([&] { scratch.store_with("").list(); }) == wrong);
    CHECK(error_of([&] { scratch.store_with("correct passphrase").list(); }) == "no error");
    const std::string good = sealed_elsewhere::by_passphrase;
    for (std::size_t i = 33; i < good.size(); ++i) {
        if (i == 33 || (i >= 34 && i < 42))  // the cost: a sound one is paid before it is refused
            continue;
        INFO("byte: ", i);
        std::string changed = good;
        changed[i] = static_cast<char>(changed[i] ^ 1 << i % 8);
        write_file(scratch.file(), changed);
        CHECK(error_of([&] { scratch.store().list(); }) == wrong);
    }
}

TEST_CASE("rekey: what cannot be done is refused, and the old key still opens the old logons")
{
    struct Row {
        std::string name;
        std::function<NewKey(const Scratch&)> key;
        std::string message;
    };
    const auto credential = [](const std::string& name) {
        return [name](const Scratch&) { return NewSystemdKey{name}; };
    };
    const std::vector<Row> rows = {
        {"no such credential", credential("absent"), "is not in '"},
        {"a credential that is no key", credential("short"),
         "has 31 bytes instead of 32 / make one of 32 random bytes"},
        {"a path for a name", credential("../key"), "is no name of a systemd credential"},
        {"an empty name", credential(""), "is no name of a systemd credential"},
        {"an empty passphrase", [](const Scratch&) { return passphrase(""); },
         "the new passphrase has 0 bytes"},
        {"a passphrase that is too long",
         [](const Scratch&) { return passphrase(std::string(1025, 'x')); },
         "the new passphrase has 1025 bytes"},
        {"a key file that is no key",
         [](const Scratch& scratch) {
             write_file(scratch.directory / "other", "short");
             return NewKeyFile{scratch.directory / "other"};
         },
         "is damaged: it has 5 bytes instead of 32"},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        const Scratch scratch;
        scratch.give("short", std::string(31, 's'));
        scratch.store().put(logon("backup", "password"));
        const std::string file = content_of(scratch.file()), key = content_of(scratch.key());
        CHECK(contains(error_of([&] { scratch.store().rekey(row.key(scratch)); }), row.message));
        CHECK(content_of(scratch.file()) == file);
        CHECK(content_of(scratch.key()) == key);
        CHECK_FALSE(std::filesystem::exists(next_of(scratch.key())));
    }
    const Scratch empty;
    CHECK(contains(error_of([&] { empty.store().rekey(NewKeyFile{}); }), "it does not exist"));
    CHECK(std::filesystem::is_empty(empty.directory));
}

TEST_CASE("rekey: another key file is made, or taken as it is")
{
    const Scratch scratch;
    const path other = scratch.directory / "other";
    scratch.store().put(logon("backup", "password"));
    const KeyChange made = scratch.store().rekey(NewKeyFile{other});
    CHECK(made.key_file == other);
    CHECK_FALSE(made.was_there);
    CHECK(made.left == scratch.key());
    KeySources keys = scratch.keys();
    keys.key_file = other;
    SealedFile moved(scratch.file(), keys);
    CHECK(password_of(moved, "backup") == "password");

    const std::string first_key = content_of(scratch.key());
    const KeyChange taken = moved.rekey(NewKeyFile{scratch.key()});
    CHECK(taken.key_file == scratch.key());
    CHECK(taken.was_there);
    CHECK(taken.left == other);
    CHECK(content_of(scratch.key()) == first_key);
    SealedFile store = scratch.store();
    CHECK(password_of(store, "backup") == "password");
}

TEST_CASE("rekey: what is said of the key files is what lies there")
{
    const Scratch scratch;
    scratch.store().put(logon("backup", "password"));
    const KeyChange away = scratch.store().rekey(passphrase());
    CHECK(away.key_file.empty());
    CHECK(away.left == scratch.key());

    const std::string old_key = content_of(scratch.key());
    const KeyChange back = scratch.store().rekey(NewKeyFile{});
    CHECK(back.key_file == scratch.key());
    CHECK(back.was_there);
    CHECK(back.left.empty());
    CHECK(content_of(scratch.key()) == old_key);

    const path other_spelling = scratch.directory / "." / "key";
    const KeyChange anew = scratch.store().rekey(NewKeyFile{other_spelling});
    CHECK(anew.key_file == scratch.key());
    CHECK_FALSE(anew.was_there);
    CHECK(anew.left.empty());
    CHECK(content_of(scratch.key()) != old_key);
}

TEST_CASE("rekey: a key that is not here is named, with what to do")
{
    const Scratch scratch;
    write_file(scratch.file(), sealed_elsewhere::by_systemd);
    KeySources nowhere{scratch.key()};
    CHECK(contains(error_of([&] { SealedFile(scratch.file(), nowhere).list(); }),
                   "the systemd credential 'store-key', which is the key, is not here: "
                   "CREDENTIALS_DIRECTORY is not set / run vmrotate in a unit that has "
                   "LoadCredentialEncrypted=store-key:"));
    write_file(scratch.file(), sealed_elsewhere::by_passphrase);
    CHECK(contains(error_of([&] { SealedFile(scratch.file(), nowhere).list(); }),
                   "it is opened by a passphrase, and nobody can be asked"));
}

TEST_CASE("rekey: interrupted between its steps, one of the two keys opens the file")
{
    struct Row {
        std::string name;
        bool sealed_for_next;
    };
    for (const Row& row : std::vector<Row>{{"before the file was replaced", false},
                                           {"after the file was replaced", true}}) {
        INFO("case: ", row.name);
        const Scratch scratch;
        scratch.store().put(logon("backup", "password"));
        const std::string old_key = content_of(scratch.key());
        const std::string old_file = content_of(scratch.file());
        scratch.store().rekey(NewKeyFile{});
        const std::string new_key = content_of(scratch.key());
        write_file(next_of(scratch.key()), new_key);
        write_file(scratch.key(), old_key);
        if (!row.sealed_for_next)
            write_file(scratch.file(), old_file);

        SealedFile store = scratch.store();
        CHECK(password_of(store, "backup") == "password");
        CHECK(std::filesystem::exists(next_of(scratch.key())));
        CHECK(store.put(logon("second", "p")));
        CHECK_FALSE(std::filesystem::exists(next_of(scratch.key())));
        CHECK(content_of(scratch.key()) == (row.sealed_for_next ? new_key : old_key));
        CHECK(password_of(store, "backup") == "password");
    }
}

TEST_CASE("rekey: a write that fails leaves the old key and the old logons")
{
    const Scratch scratch;
    scratch.store().put(logon("backup", std::string(500, 'p')));
    const std::string file = content_of(scratch.file()), key = content_of(scratch.key());
    const auto with_limit = [&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit = {100, 100};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return contains(error_of([&] { scratch.store().rekey(NewKeyFile{}); }), "file too large");
    };
    CHECK(in_child(with_limit) == 0);
    CHECK(content_of(scratch.file()) == file);
    CHECK(content_of(scratch.key()) == key);
    SealedFile store = scratch.store();
    CHECK(store.put(logon("second", "p")));
    CHECK_FALSE(std::filesystem::exists(next_of(scratch.key())));
}

TEST_CASE("rekey: killed at any moment, the file can be opened; and readers never see a torn pair")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    store.put(logon("backup", "password"));
    for (int round = 0; round < 30; ++round) {
        INFO("round: ", round);
        const pid_t child = ::fork();
        REQUIRE(child != -1);
        if (child == 0)
            for (;;)
                scratch.store().rekey(NewKeyFile{});
        for (int reading = 0; reading < 1 + round % 5; ++reading)
            CHECK(password_of(store, "backup") == "password");
        ::usleep(static_cast<useconds_t>(round * 311));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        CHECK(password_of(store, "backup") == "password");
    }
    CHECK(store.put(logon("after", "p")));
    CHECK_FALSE(std::filesystem::exists(next_of(scratch.key())));
}
