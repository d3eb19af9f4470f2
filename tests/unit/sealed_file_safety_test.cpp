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
#include "fakes/sealed_file_scratch.hpp"
#include "records.hpp"
#include "sealing.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

TEST_CASE("sealed file: a wrong key and a changed byte give the same error")
{
    const Scratch scratch;
    scratch.store().put(logon("backup", "password", "AB:CD"));
    const std::string good = content_of(scratch.file()), key = content_of(scratch.key());

    write_file(scratch.key(), std::string(32, 'w'));
    const std::string wrong_key = error_of([&] { scratch.store().find({server, "backup"}); });
    CHECK(contains(wrong_key, wrong_or_damaged));
    CHECK(contains(wrong_key, fmt::format("the key file '{}' was tried / if another key file opens "
                                          "it, name that with --key-file;",
                                          scratch.key().string())));
    write_file(scratch.key(), key);

    constexpr std::size_t magic_size = 30, derivation = 30;
    const auto is_size = [](std::size_t i) {  // of the parameters, of the records: no key is tried
        return i == 31 || i == 32 || (i >= 137 && i <= 140);
    };
    for (std::size_t i = 0; i < good.size(); ++i)
        for (int bit = 0; bit < 8; ++bit) {
            INFO("byte: ", i, ", bit: ", bit);
            std::string changed = good;
            changed[i] = static_cast<char>(changed[i] ^ 1 << bit);
            write_file(scratch.file(), changed);
            const std::string error = error_of([&] { scratch.store().find({server, "backup"}); });
            if (i < magic_size || i == derivation)
                CHECK(contains(error, "cannot open the sealed file '"));
            else if (is_size(i))
                CHECK(contains(error, wrong_or_damaged));
            else
                CHECK(error == wrong_key);
        }
    write_file(scratch.file(), good);
    CHECK(password_of(*std::make_unique<SealedFile>(scratch.store()), "backup") == "password");
}

TEST_CASE("sealed file: one that is cut off, or has something behind it, is refused")
{
    const Scratch scratch;
    scratch.store().put(logon("backup", "password"));
    const std::string good = content_of(scratch.file());
    constexpr std::size_t magic_size = 30;
    for (std::size_t size = 0; size < good.size(); ++size) {
        INFO("size: ", size);
        write_file(scratch.file(), good.substr(0, size));
        const std::string error = error_of([&] { scratch.store().list(); });
        CHECK(contains(error,
                       size < magic_size ? "does not hold sealed credentials" : wrong_or_damaged));
    }
    write_file(scratch.file(), good + std::string(1, '\0'));
    CHECK(contains(error_of([&] { scratch.store().list(); }), wrong_or_damaged));
    write_file(scratch.file(), good + std::string(max_sealed_file_size, '\0'));
    CHECK(contains(error_of([&] { scratch.store().list(); }), "more than 1048576"));
}

TEST_CASE("sealed file: a damaged one is neither changed nor replaced by put or erase")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    store.put(logon("backup", "password"));
    std::string changed = content_of(scratch.file());
    changed.back() = static_cast<char>(changed.back() ^ 1);
    write_file(scratch.file(), changed);
    CHECK(contains(error_of([&] { store.put(logon("new", "p")); }), wrong_or_damaged));
    CHECK(contains(error_of([&] { store.erase({server, "backup"}); }), wrong_or_damaged));
    CHECK(content_of(scratch.file()) == changed);
}

TEST_CASE("sealed file: without its key file it is an error, and no new key is made")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    store.put(logon("backup", "password"));
    const std::string before = content_of(scratch.file());
    std::filesystem::remove(scratch.key());
    const std::string missing = fmt::format("its key file '{}' is missing", scratch.key().string());
    CHECK(contains(error_of([&] { store.find({server, "backup"}); }), missing));
    CHECK(contains(error_of([&] { store.put(logon("new", "p")); }), missing));
    CHECK(contains(error_of([&] { store.erase({server, "backup"}); }), missing));
    CHECK(contains(error_of([&] { store.list(); }), missing));
    CHECK_FALSE(std::filesystem::exists(scratch.key()));
    CHECK(content_of(scratch.file()) == before);
}

TEST_CASE("sealed file: a key file that is there is used for a new store")
{
    const Scratch scratch;
    write_file(scratch.key(), std::string(32, 'k'));
    SealedFile store = scratch.store();
    CHECK(store.put(logon("backup", "password")));
    CHECK(content_of(scratch.key()) == std::string(32, 'k'));
    CHECK(password_of(store, "backup") == "password");
}

TEST_CASE("sealed file: one that others could read or have made is refused")
{
    struct Row {
        std::string name;
        std::function<void(const Scratch&)> spoil;
        std::string message;
    };
    const std::vector<Row> rows = {
        {"mode 0644",
         [](const Scratch& scratch) { std::filesystem::permissions(scratch.file(), perms(0644)); },
         "chmod 600 '"},
        {"key of mode 0640",
         [](const Scratch& scratch) { std::filesystem::permissions(scratch.key(), perms(0640)); },
         "chmod 600 '"},
        {"directory of the group",
         [](const Scratch& scratch) {
             std::filesystem::permissions(scratch.directory, perms(0770));
         },
         "chmod go-w '"},
        {"a symbolic link",
         [](const Scratch& scratch) {
             std::filesystem::rename(scratch.file(), scratch.directory / "real");
             std::filesystem::create_symlink("real", scratch.file());
         },
         "it is a symbolic link"},
        {"its key a symbolic link",
         [](const Scratch& scratch) {
             std::filesystem::rename(scratch.key(), scratch.directory / "real");
             std::filesystem::create_symlink("real", scratch.key());
         },
         "it is a symbolic link"},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        const Scratch scratch;
        SealedFile store = scratch.store();
        store.put(logon("backup", "password"));
        const std::string before = content_of(scratch.file());
        row.spoil(scratch);
        CHECK(contains(error_of([&] { store.find({server, "backup"}); }), row.message));
        CHECK(contains(error_of([&] { store.list(); }), row.message));
        CHECK(contains(error_of([&] { store.put(logon("new", "p")); }), row.message));
        CHECK(contains(error_of([&] { store.erase({server, "backup"}); }), row.message));
        CHECK(content_of(scratch.file()) == before);
    }
}

TEST_CASE("sealed file: none is made in a directory that others may write to")
{
    const Scratch scratch;
    std::filesystem::permissions(scratch.directory, perms(0770));
    CHECK(contains(error_of([&] { scratch.store().put(logon("u", "p")); }), "chmod go-w '"));
    CHECK(std::filesystem::is_empty(scratch.directory));
}

TEST_CASE("sealed file: a write that fails keeps the old content and leaves nothing behind")
{
    const Scratch scratch;
    scratch.store().put(logon("backup", "password"));
    const std::string before = content_of(scratch.file());
    const auto write_with_limit = [&] {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit = {before.size(), before.size()};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        const std::string error = error_of([&] { scratch.store().put(logon("second", "p")); });
        return contains(error, "cannot write '") && contains(error, "file too large");
    };
    CHECK(in_child(write_with_limit) == 0);
    CHECK(content_of(scratch.file()) == before);
    CHECK_FALSE(std::filesystem::exists(scratch.file().string() + ".new"));
    CHECK(names_in(*std::make_unique<SealedFile>(scratch.store())) == "backup@vcenter.example.com");
}

TEST_CASE("sealed file: a first write that fails leaves no half store, and the next one works")
{
    const Scratch scratch;
    const auto write_with_limit = [&](rlim_t size) {
        std::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit = {size, size};
        ::setrlimit(RLIMIT_FSIZE, &limit);
        return error_of([&] { scratch.store().put(logon("backup", "p")); }) != "no error";
    };
    for (const rlim_t size : {rlim_t{0}, rlim_t{31}, rlim_t{32}, rlim_t{100}}) {
        INFO("bytes: ", size);
        CHECK(in_child([&] { return write_with_limit(size); }) == 0);
        CHECK_FALSE(std::filesystem::exists(scratch.file()));
        CHECK(std::filesystem::exists(scratch.key()) == (size >= 32));
    }
    SealedFile store = scratch.store();
    CHECK(store.put(logon("backup", "p")));
    CHECK(password_of(store, "backup") == "p");
}

TEST_CASE("sealed file: processes that put at the same time lose nothing")
{
    const Scratch scratch;
    constexpr int processes = 4, logons = 8;
    std::vector<pid_t> children;
    for (int process = 0; process < processes; ++process) {
        const pid_t child = ::fork();
        REQUIRE(child != -1);
        if (child == 0) {
            const std::string error = error_of([&] {
                for (int i = 0; i < logons; ++i)
                    scratch.store().put(logon(fmt::format("{}-{}", process, i), "p"));
            });
            ::_exit(error == "no error" ? 0 : 1);
        }
        children.push_back(child);
    }
    for (const pid_t child : children) {
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(status == 0);
    }
    CHECK(scratch.store().list().size() == processes * logons);
}

TEST_CASE("sealed file: a put that is killed at any moment leaves the old logons or the new ones")
{
    const Scratch scratch;
    SealedFile store = scratch.store();
    store.put(logon("kept", "old"));
    for (int round = 0; round < 40; ++round) {
        INFO("round: ", round);
        const pid_t child = ::fork();
        REQUIRE(child != -1);
        if (child == 0) {
            for (int i = 0;; ++i)
                scratch.store().put(logon("changed", fmt::format("p{}", i)));
        }
        ::usleep(static_cast<useconds_t>(1000 + round * 313));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
        CHECK(password_of(store, "kept") == "old");
        CHECK(store.list().size() <= 2);
    }
    CHECK(store.put(logon("after", "p")));
}

TEST_CASE("sealed file: is described by its path")
{
    CHECK(SealedFile("/etc/vmrotate/credentials", {"/etc/vmrotate/key"}).describe() ==
          "the sealed file '/etc/vmrotate/credentials'");
}

TEST_CASE("sealed file: one of a newer version says so")
{
    const Scratch scratch;
    for (const std::string start : {"3\n", "1\n\2", "2\n\4"}) {
        write_file(scratch.file(), "vmrotate sealed credentials " + start + "whatever");
        CHECK(contains(error_of([&] { scratch.store().list(); }),
                       "it was written by a newer version of vmrotate / update vmrotate"));
    }
}
