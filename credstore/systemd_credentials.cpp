// SPDX-License-Identifier: GPL-3.0-or-later
#include "systemd_credentials.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <fmt/format.h>

#include "logon_text.hpp"
#include "records.hpp"
#include "safe_file.hpp"
#include "store_rules.hpp"

namespace credstore {
namespace {

using Path = std::filesystem::path;

constexpr std::string_view name_start = "vmrotate-logon";
constexpr std::size_t most_logons = 64;
constexpr std::size_t max_logon_size = 2 * max_field_size;

/// In order of their names.
std::vector<Path> files_of(const Path& folder, std::string_view start)
{
    std::vector<Path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder))
        if (entry.path().filename().string().starts_with(start))
            files.push_back(entry.path());
    std::ranges::sort(files);
    return files;
}

std::vector<Path> logon_files(const Path& folder)
{
    try {
        std::vector<Path> files = files_of(folder, name_start);
        if (files.size() > most_logons)
            throw StoreError(fmt::format("cannot use '{}': it has more than {} logons",
                                         folder.string(), most_logons));
        return files;
    } catch (const std::filesystem::filesystem_error& error) {
        throw StoreError(fmt::format("cannot read the systemd credentials in '{}': {}",
                                     folder.string(), error.code().message()));
    }
}

Credential load_logon(const Path& file)
{
    const auto text = read_private_file(file, max_logon_size, Privacy::given);
    if (!text)
        throw StoreError(
            fmt::format("the systemd credential '{}' went away while it was read", file.string()));
    try {
        return parse_logon(text->reveal());
    } catch (const StoreError& error) {
        throw StoreError(
            fmt::format("cannot use the systemd credential '{}': {}", file.string(), error.what()),
            "'man vmrotate' shows how such a credential is made");
    }
}

/// Of vmrotate's; none where this user may not look.
std::vector<Path> readable_files(const Path& folder)
{
    try {
        return files_of(folder, "vmrotate");
    } catch (const std::filesystem::filesystem_error&) {
        return {};
    }
}

std::string start_of(const Path& file)
{
    std::ifstream stream(file, std::ios::binary);
    std::string text(64, '\0');
    stream.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(stream.gcount()));
    return text;
}

}  // namespace

bool has_null_key(std::string_view encrypted)
{
    // 05 84 69 da f6 f5, with which CRED_AES256_GCM_BY_TPM2_ABSENT begins, in Base64
    constexpr std::string_view null_key = "BYRp2vb1";
    std::size_t seen = 0;
    for (const char c : encrypted) {
        if (c == '\n' || c == ' ' || c == '\r' || c == '\t')
            continue;
        if (seen == null_key.size() || c != null_key[seen])
            break;
        ++seen;
    }
    return seen == null_key.size();
}

SystemdCredentials::SystemdCredentials(Path folder, std::vector<Path> encrypted)
    : folder_(std::move(folder)), encrypted_(std::move(encrypted))
{
}

std::string SystemdCredentials::describe() const
{
    return folder_.empty() ? "the systemd credentials"
                           : fmt::format("the systemd credentials in '{}'", folder_.string());
}

std::optional<Credential> SystemdCredentials::find(const Account& account)
{
    return choose(load(), account, describe());
}

bool SystemdCredentials::put(const Credential&)
{
    throw StoreError("cannot store a logon in " + describe() + ": it is given by systemd",
                     "make a credential with systemd-creds; 'man vmrotate' shows how");
}

bool SystemdCredentials::erase(const Account&)
{
    throw StoreError("cannot remove a logon from " + describe() + ": it is given by systemd",
                     "take its LoadCredentialEncrypted= line out of the unit");
}

std::vector<Entry> SystemdCredentials::list()
{
    return entries_of(load());
}

std::vector<std::string> SystemdCredentials::warnings()
{
    std::vector<std::string> sentences;
    for (const Path& folder : encrypted_) {
        for (const Path& file : readable_files(folder))
            if (has_null_key(start_of(file)))
                sentences.push_back(fmt::format(
                    "anybody can decrypt the systemd credential '{}': it was made with the null "
                    "key, in place of a TPM; make it anew with: systemd-creds encrypt "
                    "--with-key=host",
                    file.string()));
    }
    return sentences;
}

std::vector<Credential> SystemdCredentials::load() const
{
    if (folder_.empty())
        throw StoreUnavailable("CREDENTIALS_DIRECTORY is not set",
                               "it is set in a unit with LoadCredentialEncrypted=");
    std::vector<Credential> all;
    for (const Path& file : logon_files(folder_))
        all.push_back(load_logon(file));
    std::ranges::sort(all, {}, &Credential::account);
    const auto twice = std::ranges::adjacent_find(all, {}, &Credential::account);
    if (twice != all.end())
        throw StoreError(fmt::format("{} hold the logon of '{}' at '{}' twice", describe(),
                                     twice->account.user, twice->account.server),
                         "leave one of the two credentials out of the unit");
    return all;
}

}  // namespace credstore
