// SPDX-License-Identifier: GPL-3.0-or-later
#include "systemd_credentials.hpp"

#include <functional>
#include <string>
#include <vector>

#include "fakes/sealed_file_scratch.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

namespace {

std::string text_of(const std::string& user, const std::string& password,
                    const std::string& host = server)
{
    return "server=" + host + "\nuser=" + user + "\npassword=" + password + "\n";
}

SystemdCredentials store_of(const Scratch& scratch)
{
    return SystemdCredentials(scratch.credentials(), {scratch.directory / "encrypted"});
}

/// What the command prints; empty where it fails.
std::string output_of(const std::string& command)
{
    std::string text;
    if (FILE* const pipe = ::popen((command + " 2>/dev/null").c_str(), "r")) {
        for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe))
            text += static_cast<char>(c);
        if (::pclose(pipe) != 0)
            text.clear();
    }
    return text;
}

/// As Base64, or nothing where systemd-creds cannot encrypt.
std::string encrypted_by_systemd(const path& plain, const std::string& key)
{
    return output_of(fmt::format("systemd-creds encrypt --with-key={} --name=vmrotate-logon '{}' -",
                                 key, plain.string()));
}

}  // namespace

TEST_CASE("systemd credentials: gives the logons of the unit, and nothing else of it")
{
    const Scratch scratch;
    scratch.give("vmrotate-logon", text_of("backup", "first"));
    scratch.give("vmrotate-logon-lab", text_of("admin", "second\n\n", "LAB.example.com"));
    scratch.give("vmrotate-key", "no logon");
    scratch.give("database", "password=another service's");
    SystemdCredentials store = store_of(scratch);
    CHECK(names_in(store) == "admin@lab.example.com backup@vcenter.example.com");
    CHECK(password_of(store, "backup") == "first");
    CHECK(password_of(store, "") == "first");
    CHECK(password_of(store, "other") == "nothing");
    CHECK(store.find({"lab.example.com", "admin"})->password.reveal() == "second\n\n");
    CHECK(store.read_only());
}

TEST_CASE("systemd credentials: without a unit the store is not available, which is no damage")
{
    SystemdCredentials store("");
    CHECK_THROWS_WITH_AS(store.find({server, ""}), "CREDENTIALS_DIRECTORY is not set",
                         StoreUnavailable);
    CHECK_THROWS_AS(store.list(), StoreUnavailable);
    CHECK(store.describe() == "the systemd credentials");
    CHECK(store_of(Scratch()).describe().starts_with("the systemd credentials in '/"));
}

TEST_CASE("systemd credentials: what cannot be used is named, and never repeats the password")
{
    struct Row {
        std::string name;
        std::function<void(const Scratch&)> spoil;
        std::string message;
    };
    const auto file_in = [](const Scratch& scratch) {
        return scratch.credentials() / "vmrotate-logon";
    };
    const std::vector<Row> rows = {
        {"only a password", [](const Scratch& s) { s.give("vmrotate-logon-2", "S3cret!"); },
         "vmrotate-logon-2': it has no line that begins with password="},
        {"empty", [](const Scratch& s) { s.give("vmrotate-logon-2", ""); }, "no line that begins"},
        {"the same account twice",
         [](const Scratch& s) { s.give("vmrotate-logon-2", text_of("backup", "S3cret!")); },
         "hold the logon of 'backup' at 'vcenter.example.com' twice"},
        {"others may read it",
         [&](const Scratch& s) { std::filesystem::permissions(file_in(s), perms(0444)); },
         "others than its owner may use it"},
        {"the group may write it",
         [&](const Scratch& s) { std::filesystem::permissions(file_in(s), perms(0460)); },
         "others than its owner may use it"},
        {"the folder may be written to by others",
         [&](const Scratch& s) { std::filesystem::permissions(s.credentials(), perms(0770)); },
         "others than its owner may write to this directory"},
        {"a symbolic link",
         [&](const Scratch& s) {
             std::filesystem::create_symlink(file_in(s), s.credentials() / "vmrotate-logon-2");
         },
         "it is a symbolic link"},
        {"too long", [](const Scratch& s) { s.give("vmrotate-logon-2", std::string(131071, 'x')); },
         "more than 131070"},
        {"65 logons",
         [](const Scratch& s) {
             for (int i = 0; i < 64; ++i)
                 s.give(fmt::format("vmrotate-logon-{}", i), text_of(fmt::format("u{}", i), "p"));
         },
         "it has more than 64 logons"},
        {"no such folder", [](const Scratch& s) { std::filesystem::remove_all(s.credentials()); },
         "cannot read the systemd credentials in '"},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        const Scratch scratch;
        scratch.give("vmrotate-logon", text_of("backup", "S3cret!"));
        row.spoil(scratch);
        SystemdCredentials store = store_of(scratch);
        const std::string error = error_of([&] { store.find({server, "backup"}); });
        CHECK(contains(error, row.message));
        CHECK_FALSE(contains(error, "S3cret"));
        CHECK(error_of([&] { store.list(); }) == error);
    }
}

TEST_CASE("systemd credentials: is never written")
{
    const Scratch scratch;
    scratch.give("vmrotate-logon", text_of("backup", "p"));
    SystemdCredentials store = store_of(scratch);
    CHECK(contains(error_of([&] { store.put(logon("backup", "new")); }), "it is given by systemd"));
    CHECK(contains(error_of([&] { store.erase({server, "backup"}); }), "it is given by systemd"));
    CHECK(contains(error_of([&] { store.rekey(NewKeyFile{}); }), "it has none of its own"));
    CHECK(password_of(store, "backup") == "p");
}

TEST_CASE("systemd credentials: warns of an encrypted one that anybody can decrypt")
{
    const Scratch scratch;
    CHECK(store_of(scratch).warnings().empty());
    const path folder = scratch.directory / "encrypted";
    std::filesystem::create_directory(folder);
    write_file(folder / "vmrotate-logon", "Whxqht+dQJax1aZeCGLxmiAAAAABAAAADAAAABAAAABEk4+s\n");
    write_file(folder / "vmrotate-key", "BYRp2vb1QySABUnaD46i+yAAAAABAAAADAAAABAAAABYz9Uf\n");
    write_file(folder / "other", "BYRp2vb1QySABUnaD46i+yAAAAABAAAADAAAABAAAABYz9Uf\n");
    const auto warnings = store_of(scratch).warnings();
    REQUIRE(warnings.size() == 1);
    CHECK(contains(warnings.front(), "anybody can decrypt the systemd credential '" +
                                         (folder / "vmrotate-key").string() + "'"));
}

TEST_CASE("systemd credentials: the null key is told from others by what systemd-creds writes")
{
    CHECK(has_null_key(" BYRp\n 2vb1QySA"));
    for (const std::string text : {"", "BYRp2vb", "BYRp2vb2", "Whxqht+d", "xBYRp2vb1"})
        CHECK_FALSE(has_null_key(text));
    const Scratch scratch;
    write_file(scratch.directory / "plain", text_of("backup", "p"));
    const std::string null_key = encrypted_by_systemd(scratch.directory / "plain", "tpm2-absent");
    const std::string host_key = encrypted_by_systemd(scratch.directory / "plain", "host");
    if (null_key.empty() || host_key.empty()) {
        MESSAGE("skipped: systemd-creds cannot encrypt here");
        return;
    }
    CHECK(has_null_key(null_key));
    CHECK_FALSE(has_null_key(host_key));
}

TEST_CASE("systemd credentials: what systemd-creds encrypts and decrypts again is the same logon")
{
    const Scratch scratch;
    const std::string password = "o'brien \"%\" \\ pässwörd\n";
    write_file(scratch.directory / "plain", text_of("backup", password));
    write_file(scratch.directory / "sealed",
               encrypted_by_systemd(scratch.directory / "plain", "host"));
    scratch.give("vmrotate-logon",
                 output_of(fmt::format("systemd-creds decrypt --name=vmrotate-logon '{}' -",
                                       (scratch.directory / "sealed").string())));
    if (content_of(scratch.directory / "sealed").empty()) {
        MESSAGE("skipped: systemd-creds cannot encrypt here");
        return;
    }
    SystemdCredentials store = store_of(scratch);
    CHECK(password_of(store, "backup") == password);
}
