// SPDX-License-Identifier: GPL-3.0-or-later
#include "sealing_keys.hpp"

#include <system_error>

#include <fmt/format.h>

#include "credential_store.hpp"
#include "key_file.hpp"
#include "safe_file.hpp"
#include "sealing.hpp"

namespace credstore {
namespace {

using Path = std::filesystem::path;

constexpr std::size_t max_passphrase_size = 1024;

[[noreturn]] void lacks_key(const Path& sealed, const std::string& why, std::string hint)
{
    throw StoreError(fmt::format("cannot open the sealed file '{}': {}", sealed.string(), why),
                     std::move(hint));
}

Secret copy(const Secret& secret)
{
    return Secret(secret.reveal());
}

bool are_same(const Path& left, const Path& right)
{
    std::error_code error;
    return left == right || std::filesystem::equivalent(left, right, error);
}

bool is_key_file(const Derivation& derivation)
{
    return std::holds_alternative<ByKeyFile>(derivation);
}

}  // namespace

std::vector<Secret> SealingKeys::openers(const Derivation& derivation, const Path& sealed)
{
    std::vector<Secret> found;
    if (is_key_file(derivation)) {
        for (const Path& file : {sources_.key_file, next_key_file()})
            if (auto key = key_file::load_or_none(file))
                found.push_back(std::move(*key));
        if (found.empty())
            lacks_key(sealed,
                      fmt::format("its key file '{}' is missing", sources_.key_file.string()),
                      "name another one with --key-file, or put it back; without any, delete the "
                      "sealed file and add the logons again");
    } else if (const auto* credential = std::get_if<BySystemdCredential>(&derivation)) {
        found.push_back(systemd_key(credential->name));
    } else {
        if (!passphrase_ && !sources_.ask_passphrase)
            lacks_key(sealed, "it is opened by a passphrase, and nobody can be asked",
                      "for unattended use, give it another key: vmrotate credential rekey");
        if (!passphrase_)
            passphrase_ = sources_.ask_passphrase(
                fmt::format("Passphrase of the sealed file '{}': ", sealed.string()));
        found.push_back(copy(*passphrase_));
    }
    return found;
}

Seal SealingKeys::for_new_file() const
{
    std::optional<Secret> key = key_file::load_or_none(sources_.key_file);
    return {ByKeyFile{}, key ? std::move(*key) : key_file::create(sources_.key_file)};
}

Seal SealingKeys::prepare(NewKey wanted, const Seal& current)
{
    change_ = {};
    if (is_key_file(current.derivation))
        change_.left = sources_.key_file;
    if (const auto* file = std::get_if<NewKeyFile>(&wanted))
        return prepare_key_file(file->file.empty() ? sources_.key_file : file->file, current);
    if (const auto* credential = std::get_if<NewSystemdKey>(&wanted))
        return {BySystemdCredential{credential->name}, systemd_key(credential->name)};
    Secret& passphrase = std::get<NewPassphrase>(wanted).passphrase;
    if (passphrase.empty() || passphrase.size() > max_passphrase_size)
        throw StoreError(fmt::format("the new passphrase has {} bytes: 1 to {} are possible",
                                     passphrase.size(), max_passphrase_size));
    passphrase_ = copy(passphrase);
    return {ByPassphrase{}, std::move(passphrase)};
}

Seal SealingKeys::prepare_key_file(const Path& file, const Seal& current)
{
    const bool is_usual = are_same(file, sources_.key_file);
    change_.key_file = is_usual ? sources_.key_file : file;
    if (is_usual)
        change_.left.clear();
    if (is_usual && is_key_file(current.derivation)) {
        replaces_ = true;
        Secret key = random_secret(key_file::key_size);
        replace_private_file(next_key_file(), key.reveal());
        return {ByKeyFile{}, std::move(key)};
    }
    std::optional<Secret> key = key_file::load_or_none(file);
    change_.was_there = key.has_value();
    return {ByKeyFile{}, key ? std::move(*key) : key_file::create(file)};
}

KeyChange SealingKeys::confirm()
{
    if (replaces_)
        rename_private_file(next_key_file(), sources_.key_file);
    replaces_ = false;
    return std::exchange(change_, {});
}

void SealingKeys::settle(const Derivation& derivation, const Secret& opener)
{
    if (!key_file::load_or_none(next_key_file()))
        return;
    const auto key = key_file::load_or_none(sources_.key_file);
    if (is_key_file(derivation) && !(key && key->reveal() == opener.reveal()))
        rename_private_file(next_key_file(), sources_.key_file);
    else
        remove_private_file(next_key_file());
}

Secret SealingKeys::systemd_key(const std::string& name) const
{
    const std::string hint = fmt::format(
        "run vmrotate in a unit that has LoadCredentialEncrypted={}:/etc/credstore.encrypted/{}",
        name, name);
    if (!is_credential_name(name))
        throw StoreError(
            fmt::format("'{}' is no name of a systemd credential that vmrotate takes", name),
            "use letters, digits, dots, dashes and underscores, at most 255");
    if (sources_.credentials_directory.empty())
        throw StoreError(fmt::format("the systemd credential '{}', which is the key, is not here: "
                                     "CREDENTIALS_DIRECTORY is not set",
                                     name),
                         hint);
    const Path file = sources_.credentials_directory / name;
    std::optional<Secret> key = read_private_file(file, max_sealed_file_size, Privacy::given);
    if (!key)
        throw StoreError(
            fmt::format("the systemd credential '{}', which is the key, is not in '{}'", name,
                        sources_.credentials_directory.string()),
            hint);
    if (key->size() != key_file::key_size)
        throw StoreError(fmt::format("the systemd credential '{}' is no key: it has {} bytes "
                                     "instead of {}",
                                     name, key->size(), key_file::key_size),
                         "make one of 32 random bytes, such as: openssl rand 32");
    return std::move(*key);
}

}  // namespace credstore
