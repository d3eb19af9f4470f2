// SPDX-License-Identifier: GPL-3.0-or-later
#include "sealed_file.hpp"

#include <algorithm>
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
#include "store_rules.hpp"

namespace credstore {

/// The opened file. The records point into `plain`.
namespace {

using Path = std::filesystem::path;

constexpr std::chrono::seconds patience{10};
constexpr const char* wrong_or_damaged = "wrong key, or the file is damaged";

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
    cannot_open(file, wrong_or_damaged,
                "put the file and its key file back as a pair, or delete both and add the "
                "logons again");
}

/// Where a key was tried: a key file may just be the wrong one.
[[noreturn]] void none_opens(const Path& file, const Derivation& derivation, const Path& key_file)
{
    if (!std::holds_alternative<ByKeyFile>(derivation))
        cannot_open(file, Unreadable::damaged);
    cannot_open(file,
                fmt::format("{}; the key file '{}' was tried", wrong_or_damaged, key_file.string()),
                "if another key file opens it, name that with --key-file; else put the two back as "
                "a pair, or delete both and add the logons again");
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

void save(const Path& file, const std::vector<Record>& records, const Seal& sealed_by)
{
    if (records.size() > max_records)
        refuse_as_full(file);
    const std::string sealed = seal(write_records(records), sealed_by.derivation, sealed_by.opener);
    if (sealed.size() > max_sealed_file_size)
        refuse_as_full(file);
    replace_private_file(file, sealed);
}

Account account_of(const Record& record)
{
    return {std::string(record.server), std::string(record.user)};
}

Credential copy_of(const Record& record)
{
    return {account_of(record), Secret(record.password), std::string(record.fingerprint),
            Added(std::chrono::seconds(record.added))};
}

/// What was there when opening the file was tried.
struct Attempt {
    Secret sealed;
    std::vector<Secret> openers;
};

bool are_same(const Attempt& left, const Attempt& right)
{
    return left.sealed.reveal() == right.sealed.reveal() &&
           std::ranges::equal(left.openers, right.openers, {}, &Secret::reveal, &Secret::reveal);
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

struct SealedFile::Content {
    Seal sealed_by;
    Secret plain;
    std::vector<Record> records;  ///< of `plain`
};

SealedFile::SealedFile(std::filesystem::path file, KeySources keys)
    : file_(std::move(file)), keys_(std::move(keys))
{
}

std::string SealedFile::describe() const
{
    return fmt::format("the sealed file '{}'", file_.string());
}

bool SealedFile::exists() const
{
    std::error_code error;
    return std::filesystem::symlink_status(file_, error).type() !=
           std::filesystem::file_type::not_found;
}

std::optional<SealedFile::Content> SealedFile::load()
{
    for (std::optional<Attempt> before;;) {
        std::optional<Secret> sealed = read_private_file(file_, max_sealed_file_size);
        if (!sealed)
            return std::nullopt;
        const auto parsed = parse_envelope(bytes(*sealed));
        if (const auto* why = std::get_if<Unreadable>(&parsed))
            cannot_open(file_, *why);
        const auto& envelope = std::get<Envelope>(parsed);
        Attempt attempt{std::move(*sealed), keys_.openers(envelope.derivation, file_)};
        if (before && are_same(*before, attempt))
            none_opens(file_, envelope.derivation, keys_.key_file());
        if (std::optional<Content> content = open(envelope, attempt.openers))
            return content;
        before = std::move(attempt);  // a new key may have come between file and key
    }
}

std::optional<SealedFile::Content> SealedFile::open(const Envelope& envelope,
                                                    const std::vector<Secret>& openers) const
{
    for (const Secret& opener : openers) {
        std::optional<Secret> plain = unseal(envelope, opener);
        if (!plain)
            continue;
        auto records = parse_records(bytes(*plain), envelope.version);
        if (!records)
            cannot_open(file_, Unreadable::damaged);
        return Content{
            {envelope.derivation, Secret(opener.reveal())}, std::move(*plain), std::move(*records)};
    }
    return std::nullopt;
}

std::optional<SealedFile::Content> SealedFile::load_to_change()
{
    std::optional<Content> content = load();
    if (content)
        keys_.settle(content->sealed_by.derivation, content->sealed_by.opener);
    return content;
}

std::optional<Credential> SealedFile::find(const Account& account)
{
    std::optional<Content> content = load();
    if (!content)
        return std::nullopt;

    std::vector<Account> accounts;
    for (const Record& record : content->records)
        accounts.push_back(account_of(record));
    const auto place = choose_account(accounts, account, describe());
    return place ? std::optional(copy_of(content->records[*place])) : std::nullopt;
}

bool SealedFile::put(const Credential& credential)
{
    check_storable(credential, describe());
    const FileLock lock = lock_beside(file_);
    std::optional<Content> content = load_to_change();
    if (!content)
        content = Content{keys_.for_new_file(), {}, {}};

    const Account& account = credential.account;
    const Record record = {account.server, account.user, credential.fingerprint,
                           credential.password.reveal(),
                           std::max(credential.added, Added{}).time_since_epoch().count()};
    std::vector<Record>& records = content->records;
    const auto place = place_of(records, account);
    if (!is_at(records, place, account))
        records.insert(place, record);
    else if (place->fingerprint == record.fingerprint && place->password == record.password)
        return false;
    else
        *place = record;
    save(file_, records, content->sealed_by);
    return true;
}

bool SealedFile::erase(const Account& account)
{
    if (!load())
        return false;
    const FileLock lock = lock_beside(file_);
    std::optional<Content> content = load_to_change();
    if (!content)
        return false;
    const auto place = place_of(content->records, account);
    if (!is_at(content->records, place, account))
        return false;
    content->records.erase(place);
    save(file_, content->records, content->sealed_by);
    return true;
}

std::vector<Entry> SealedFile::list()
{
    std::vector<Entry> entries;
    if (const std::optional<Content> content = load())
        for (const Record& record : content->records)
            entries.push_back({account_of(record), std::string(record.fingerprint),
                               Added(std::chrono::seconds(record.added))});
    return entries;
}

KeyChange SealedFile::rekey(NewKey key)
{
    const auto there_is_none = [this] {
        return StoreError(fmt::format("cannot give a new key to {}: it does not exist", describe()),
                          "'vmrotate credential add' makes it");
    };
    if (!exists())
        throw there_is_none();
    const FileLock lock = lock_beside(file_);
    const std::optional<Content> content = load_to_change();
    if (!content)
        throw there_is_none();
    save(file_, content->records, keys_.prepare(std::move(key), content->sealed_by));
    return keys_.confirm();
}

}  // namespace credstore
