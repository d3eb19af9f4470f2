// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <span>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "sealed_file.hpp"

/// What the tests of the sealed file share.
namespace sealed_file_scratch {

using credstore::Credential;
using credstore::CredentialStore;
using credstore::Entry;
using credstore::SealedFile;
using credstore::Secret;
using credstore::StoreError;
using std::filesystem::path;
using std::filesystem::perms;

inline const std::string server = "vcenter.example.com";
inline const std::string wrong_or_damaged = "wrong key, or the file is damaged";

/// A store in a directory of its own, mode 0700, that is removed at the end.
struct Scratch {
    Scratch()
    {
        std::string name = (std::filesystem::temp_directory_path() / "sealed_file_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        directory = name;
    }
    ~Scratch() { std::filesystem::remove_all(directory); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    path file() const { return directory / "credentials"; }
    path key() const { return directory / "key"; }
    path credentials() const { return directory / "given"; }

    /// Opened by the key file, the folder with systemd's credentials, or this passphrase.
    credstore::KeySources keys(const std::string& passphrase = "correct passphrase") const
    {
        return {key(), credentials(), [=](const std::string&) { return Secret(passphrase); }};
    }

    SealedFile store() const { return {file(), keys()}; }
    SealedFile store_with(const std::string& passphrase) const
    {
        return {file(), keys(passphrase)};
    }

    /// As systemd gives it to a service.
    void give(const std::string& name, const std::string& content) const
    {
        std::filesystem::create_directory(credentials());
        std::filesystem::permissions(credentials(), perms(0700));
        std::ofstream(credentials() / name, std::ios::binary) << content;
        std::filesystem::permissions(credentials() / name, perms(0440));
    }

    path directory;
};

inline Credential logon(const std::string& user, const std::string& password,
                        const std::string& fingerprint = "", const std::string& host = server)
{
    return {{host, user}, Secret(password), fingerprint};
}

inline std::string content_of(const path& file)
{
    std::ifstream stream(file, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
}

inline void write_file(const path& file, const std::string& content)
{
    std::ofstream(file, std::ios::binary) << content;
    std::filesystem::permissions(file, perms(0600));
}

inline perms mode_of(const path& file)
{
    return std::filesystem::symlink_status(file).permissions();
}

inline std::string error_of(const std::function<void()>& call)
{
    try {
        call();
    } catch (const StoreError& error) {
        return std::string(error.what()) + " / " + error.hint();
    }
    return "no error";
}

inline bool contains(const std::string& text, const std::string& part)
{
    return text.find(part) != std::string::npos;
}

inline std::string password_of(CredentialStore& store, const std::string& user)
{
    const auto found = store.find({server, user});
    return found ? std::string(found->password.reveal()) : "nothing";
}

inline std::string names_in(CredentialStore& store)
{
    std::vector<std::string> names;
    for (const Entry& entry : store.list())
        names.push_back(entry.account.user + "@" + entry.account.server);
    return fmt::format("{}", fmt::join(names, " "));
}

inline std::span<const std::byte> bytes(const std::string& text)
{
    return std::as_bytes(std::span(text));
}

/// What the child made of it: the exit status, or -1 where a signal ended it.
inline int in_child(const std::function<bool()>& call)
{
    const pid_t child = ::fork();
    REQUIRE(child != -1);
    if (child == 0) {
        bool done = false;
        try {
            done = call();
        } catch (...) {
        }
        ::_exit(done ? 0 : 1);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace sealed_file_scratch
