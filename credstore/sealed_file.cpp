// SPDX-License-Identifier: GPL-3.0-or-later
#include "sealed_file.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <span>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "envelope.hpp"
#include "file_lock.hpp"
#include "key_file.hpp"
#include "records.hpp"
#include "safe_file.hpp"
#include "sealing.hpp"

namespace credstore {

/// The opened file. The records point into `plain`.
struct SealedFile::Content {
    Secret key, plain;
    std::vector<Record> records;
};

namespace {

using Path = std::filesystem::path;

constexpr std::chrono::seconds patience{10};

[[noreturn]] void cannot_open(const Path& file, std::string_view why, std::string hint)
{
    throw StoreError(fmt::format("cannot open the sealed file '{}': {}", file.string(), why),
                     std::move(hint));
}

[[noreturn]] void cannot_open(const Path& file, Unreadable why)
{
    switch (why) {
        case Unreadable::foreign:
            cannot_open(file, "it does not hold sealed credentials", "check the path");
        case Unreadable::newer:
            cannot_open(file, "it was written by a newer version of vmrotate",
                        "update vmrotate on this machine");
        case Unreadable::damaged: break;
    }
    cannot_open(file, "wrong key, or the file is damaged",
                "put the file and its key file back as a pair, or delete both and add the "
                "logons again");
}

std::span<const std::byte> bytes(const Secret& secret)
{
    return std::as_bytes(std::span(secret.reveal()));
}

FileLock lock_beside(const Path& file)
{
    make_private_directory_of(file);
    return FileLock(file.string() + ".lock", patience);
}

[[noreturn]] void refuse_as_full(const Path& file)
{
    throw StoreError(fmt::format("the sealed file '{}' is full", file.string()),
                     "remove logons that are not needed any more");
}

void save(const Path& file, const std::vector<Record>& records, const Secret& key)
{
    if (records.size() > max_records)
        refuse_as_full(file);
    const std::string sealed = seal(write_records(records), key);
    if (sealed.size() > max_sealed_file_size)
        refuse_as_full(file);
    replace_private_file(file, sealed);
}

Credential copy_of(const Record& record)
{
    return {{std::string(record.server), std::string(record.user)},
            Secret(record.password),
            std::string(record.fingerprint)};
}

/// The place of the account, or where it belongs.
std::vector<Record>::iterator place_of(std::vector<Record>& records, const Account& account)
{
    return std::ranges::lower_bound(records, Record{account.server, account.user, {}, {}},
                                    comes_before);
}

bool is_at(const std::vector<Record>& records, std::vector<Record>::iterator place,
           const Account& account)
{
    return place != records.end() && place->server == account.server && place->user == account.user;
}

}  // namespace

SealedFile::SealedFile(std::filesystem::path file, std::filesystem::path key_file)
    : file_(std::move(file)), key_file_(std::move(key_file))
{
}

std::string SealedFile::describe() const
{
    return fmt::format("the sealed file '{}'", file_.string());
}

std::optional<SealedFile::Content> SealedFile::load() const
{
    const std::optional<Secret> sealed = read_private_file(file_, max_sealed_file_size);
    if (!sealed)
        return std::nullopt;
    const auto envelope = parse_envelope(bytes(*sealed));
    if (const auto* why = std::get_if<Unreadable>(&envelope))
        cannot_open(file_, *why);

    std::optional<Secret> key = key_file::load_or_none(key_file_);
    if (!key)
        cannot_open(file_, fmt::format("its key file '{}' is missing", key_file_.string()),
                    "put the key file back; without it, delete the sealed file and add the "
                    "logons again");
    std::optional<Secret> plain = unseal(std::get<Envelope>(envelope), *key);
    if (!plain)
        cannot_open(file_, Unreadable::damaged);
    std::optional<std::vector<Record>> records = parse_records(bytes(*plain));
    if (!records)
        cannot_open(file_, Unreadable::damaged);
    return Content{std::move(*key), std::move(*plain), std::move(*records)};
}

std::optional<Credential> SealedFile::find(const Account& account)
{
    std::optional<Content> content = load();
    if (!content)
        return std::nullopt;

    if (!account.user.empty()) {
        const auto place = place_of(content->records, account);
        if (!is_at(content->records, place, account))
            return std::nullopt;
        return copy_of(*place);
    }

    const auto& records = content->records;
    const auto first = std::ranges::lower_bound(records, account.server, {}, &Record::server);
    const auto last = std::ranges::upper_bound(records, account.server, {}, &Record::server);
    if (first == last)
        return std::nullopt;
    if (last - first > 1)
        throw StoreError(
            fmt::format("{} holds {} accounts of '{}', among them '{}' and '{}'", describe(),
                        last - first, account.server, first->user, (first + 1)->user),
            "name the user");
    return copy_of(*first);
}

bool SealedFile::put(const Credential& credential)
{
    check(credential);
    const FileLock lock = lock_beside(file_);
    std::optional<Content> content = load();
    if (!content)
        content = Content{key_for_new_file(), {}, {}};

    const Account& account = credential.account;
    const Record record = {account.server, account.user, credential.fingerprint,
                           credential.password.reveal()};
    std::vector<Record>& records = content->records;
    const auto place = place_of(records, account);
    if (!is_at(records, place, account))
        records.insert(place, record);
    else if (*place == record)
        return false;
    else
        *place = record;
    save(file_, records, content->key);
    return true;
}

bool SealedFile::erase(const Account& account)
{
    if (!load())
        return false;
    const FileLock lock = lock_beside(file_);
    std::optional<Content> content = load();
    if (!content)
        return false;
    const auto place = place_of(content->records, account);
    if (!is_at(content->records, place, account))
        return false;
    content->records.erase(place);
    save(file_, content->records, content->key);
    return true;
}

std::vector<Entry> SealedFile::list()
{
    std::vector<Entry> entries;
    if (const std::optional<Content> content = load())
        for (const Record& record : content->records)
            entries.push_back({{std::string(record.server), std::string(record.user)},
                               std::string(record.fingerprint)});
    return entries;
}

void SealedFile::check(const Credential& credential) const
{
    const Account& account = credential.account;
    if (account.server.empty() || account.user.empty())
        throw StoreError("cannot keep a logon without a server and a user");
    const std::array<std::size_t, 4> sizes = {account.server.size(), account.user.size(),
                                              credential.fingerprint.size(),
                                              credential.password.size()};
    if (std::ranges::max(sizes) > max_field_size)
        throw StoreError(
            fmt::format("cannot keep a logon in {}: a part of it is longer than {} "
                        "bytes",
                        describe(), max_field_size));
}

Secret SealedFile::key_for_new_file() const
{
    std::optional<Secret> key = key_file::load_or_none(key_file_);
    return key ? std::move(*key) : key_file::create(key_file_);
}

}  // namespace credstore
