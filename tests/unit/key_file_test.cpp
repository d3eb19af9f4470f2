// SPDX-License-Identifier: GPL-3.0-or-later
#include "key_file.hpp"

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "credential_store.hpp"
#include "file_lock.hpp"
#include "safe_file.hpp"

using namespace credstore;
using std::filesystem::path;
using std::filesystem::perms;

namespace {

/// A directory, mode 0700, that is removed at the end.
struct Scratch {
    Scratch()
    {
        std::string name = (std::filesystem::temp_directory_path() / "key_file_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory = name;
    }
    ~Scratch() { std::filesystem::remove_all(directory); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    path directory;
};

void write_file(const path& file, const std::string& content, perms mode = perms(0600))
{
    std::ofstream(file, std::ios::binary) << content;
    std::filesystem::permissions(file, mode);
}

std::string content_of(const path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

perms mode_of(const path& file)
{
    return std::filesystem::status(file).permissions();
}

std::string error_of(const std::function<void()>& call)
{
    try {
        call();
    } catch (const StoreError& error) {
        return std::string(error.what()) + " / " + error.hint();
    }
    return "no error";
}

bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

struct BadFile {
    std::string name;
    std::function<void(const path&)> make;
    std::string message, hint;
};

const std::string good_key(32, 'k');

const std::vector<BadFile> bad_files = {
    {"a symbolic link to a good one",
     [](const path& file) {
         write_file(file.string() + ".real", good_key);
         std::filesystem::create_symlink(file.string() + ".real", file);
     },
     "it is a symbolic link", "name the file that the link points to"},
    {"a symbolic link to nothing",
     [](const path& file) { std::filesystem::create_symlink("nowhere", file); },
     "it is a symbolic link", ""},
    {"readable by all", [](const path& file) { write_file(file, good_key, perms(0644)); },
     "others than its owner may use it", "chmod 600 '"},
    {"readable by the group", [](const path& file) { write_file(file, good_key, perms(0640)); },
     "others than its owner may use it", "chmod 600 '"},
    {"writable by others", [](const path& file) { write_file(file, good_key, perms(0602)); },
     "others than its owner may use it", "chmod 600 '"},
    {"a directory", [](const path& file) { std::filesystem::create_directory(file); },
     "it is not a regular file", ""},
    {"a pipe that nobody writes to",
     [](const path& file) { REQUIRE(::mkfifo(file.c_str(), 0600) == 0); },
     "it is not a regular file", ""},
    {"empty", [](const path& file) { write_file(file, ""); }, "it has 0 bytes instead of 32", ""},
    {"one byte short", [](const path& file) { write_file(file, good_key.substr(1)); },
     "it has 31 bytes instead of 32", ""},
    {"one byte long", [](const path& file) { write_file(file, good_key + "\n"); },
     "it has 33 bytes, more than 32", ""},
    {"in a directory that the group may write to",
     [](const path& file) {
         write_file(file, good_key);
         std::filesystem::permissions(file.parent_path(), perms(0770));
     },
     "others than its owner may write to this directory", "chmod go-w '"},
    {"in a directory that all may write to",
     [](const path& file) {
         write_file(file, good_key);
         std::filesystem::permissions(file.parent_path(), perms(0757));
     },
     "others than its owner may write to this directory", "chmod go-w '"},
    {"below a file instead of a directory",
     [](const path& file) {
         std::filesystem::remove(file.parent_path());
         write_file(file.parent_path(), "");
     },
     "not a directory", ""},
};

}  // namespace

TEST_CASE("key file: a new one has 32 bytes, mode 0600, and loads as it was made")
{
    const Scratch scratch;
    const path file = scratch.directory / "key";
    const mode_t former = ::umask(0);
    const Secret made = key_file::create(file);
    ::umask(former);

    CHECK(made.size() == key_file::key_size);
    CHECK(made.reveal() != std::string(key_file::key_size, '\0'));
    CHECK(mode_of(file) == perms(0600));
    const auto loaded = key_file::load_or_none(file);
    REQUIRE(loaded.has_value());
    CHECK(loaded->reveal() == made.reveal());

    const auto entries = std::filesystem::directory_iterator(scratch.directory);
    CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("key file: two new ones differ")
{
    const Scratch scratch;
    const Secret first = key_file::create(scratch.directory / "first");
    const Secret second = key_file::create(scratch.directory / "second");
    CHECK(first.reveal() != second.reveal());
}

TEST_CASE("key file: one that is there is never overwritten")
{
    const Scratch scratch;
    const path file = scratch.directory / "key";
    for (const std::string& content : {good_key, std::string()}) {
        INFO("size: ", content.size());
        write_file(file, content);
        CHECK(contains(error_of([&] { key_file::create(file); }), "cannot create '"));
        CHECK(content_of(file) == content);
    }
    const auto entries = std::filesystem::directory_iterator(scratch.directory);
    CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("key file: none where the file, or its directory, is missing")
{
    const Scratch scratch;
    CHECK_FALSE(key_file::load_or_none(scratch.directory / "key").has_value());
    CHECK_FALSE(key_file::load_or_none(scratch.directory / "a" / "b" / "key").has_value());
    CHECK(std::filesystem::is_empty(scratch.directory));
}

TEST_CASE("key file: missing directories are made, mode 0700")
{
    const Scratch scratch;
    const mode_t former = ::umask(0);
    key_file::create(scratch.directory / "a" / "b" / "key");
    ::umask(former);
    CHECK(mode_of(scratch.directory / "a") == perms(0700));
    CHECK(mode_of(scratch.directory / "a" / "b") == perms(0700));
}

TEST_CASE("key file: a file that others could read or have made is refused")
{
    for (const BadFile& bad : bad_files) {
        INFO("case: ", bad.name);
        const Scratch scratch;
        const path file = scratch.directory / "directory" / "key";
        std::filesystem::create_directory(file.parent_path());
        std::filesystem::permissions(file.parent_path(), perms(0700));
        bad.make(file);

        const std::string error = error_of([&] { key_file::load_or_none(file); });
        INFO("error: ", error);
        CHECK(contains(error, bad.message));
        CHECK(contains(error, bad.hint));
        CHECK(contains(error, file.parent_path().string()));
    }
}

TEST_CASE("key file: a sticky directory that all may write to is accepted")
{
    const Scratch scratch;
    key_file::create(scratch.directory / "key");
    REQUIRE(::chmod(scratch.directory.c_str(), 01777) == 0);
    CHECK(key_file::load_or_none(scratch.directory / "key").has_value());
}

TEST_CASE("key file: another user's file or directory is refused")
{
    if (::geteuid() != 0)
        return;  // only root can make one
    constexpr uid_t nobody = 65534;
    for (const std::string owned : {"key", "."}) {
        INFO("owned: ", owned);
        const Scratch scratch;
        key_file::create(scratch.directory / "key");
        REQUIRE(::chown((scratch.directory / owned).c_str(), nobody, nobody) == 0);
        const std::string error =
            error_of([&] { key_file::load_or_none(scratch.directory / "key"); });
        CHECK(contains(error, "it belongs to user 65534 / chown 0 '"));
    }
}

TEST_CASE("key file: none is made in a directory that others may write to")
{
    const Scratch scratch;
    std::filesystem::permissions(scratch.directory, perms(0770));
    CHECK(contains(error_of([&] { key_file::create(scratch.directory / "key"); }), "chmod go-w '"));
    CHECK(std::filesystem::is_empty(scratch.directory));
}

TEST_CASE("private file: what an interrupted write left is removed by the next one")
{
    const Scratch scratch;
    const path file = scratch.directory / "file";
    write_file(file, "old");
    write_file(file.string() + ".new", "half", perms(0400));
    replace_private_file(file, "whole");
    CHECK(content_of(file) == "whole");
    CHECK_FALSE(std::filesystem::exists(file.string() + ".new"));
}

TEST_CASE("private file: a link in the place of the temporary file is not written through")
{
    const Scratch scratch;
    const path file = scratch.directory / "file", other = scratch.directory / "other";
    write_file(other, "untouched");
    std::filesystem::create_symlink(other, file.string() + ".new");
    replace_private_file(file, "whole");
    CHECK(content_of(other) == "untouched");
    CHECK(content_of(file) == "whole");
    CHECK_FALSE(std::filesystem::is_symlink(file));
}

TEST_CASE("private file: a name without a directory is one of the current directory")
{
    const Scratch scratch;
    const path former = std::filesystem::current_path();
    std::filesystem::current_path(scratch.directory);
    replace_private_file("plain", "content");
    const auto content = read_private_file("plain", 100);
    std::filesystem::current_path(former);
    REQUIRE(content.has_value());
    CHECK(content->reveal() == "content");
}

TEST_CASE("file lock: a second holder waits, gives up, and gets it after the first")
{
    using namespace std::chrono_literals;
    const Scratch scratch;
    const path file = scratch.directory / "lock";
    {
        const FileLock first(file, 0ms);
        const std::string error = error_of([&] { const FileLock second(file, 50ms); });
        CHECK(contains(error, "another process holds it"));
        CHECK(mode_of(file) == perms(0600));
    }
    CHECK(error_of([&] { const FileLock third(file, 0ms); }) == "no error");
}

TEST_CASE("key file: killed at any moment, making one leaves a whole key file or nothing")
{
    const Scratch scratch;
    for (int round = 0; round < 40; ++round) {
        const pid_t child = ::fork();
        REQUIRE(child != -1);
        if (child == 0)
            for (int i = 0;; ++i)
                key_file::create(scratch.directory / fmt::format("key-{}-{}", round, i));
        const auto first = scratch.directory / fmt::format("key-{}-0", round);
        while (!std::filesystem::exists(first) && ::waitpid(child, nullptr, WNOHANG) == 0)
            ::usleep(200);
        ::usleep(static_cast<useconds_t>(round * 317));
        ::kill(child, SIGKILL);
        int status = 0;
        REQUIRE(::waitpid(child, &status, 0) == child);
        CHECK(WIFSIGNALED(status));
    }
    int made = 0;
    for (const auto& entry : std::filesystem::directory_iterator(scratch.directory)) {
        ++made;
        INFO("file: ", entry.path().string());
        CHECK_FALSE(contains(entry.path().filename().string(), ".new"));
        CHECK(std::filesystem::file_size(entry.path()) == 32);
    }
    CHECK(made >= 40);
}
