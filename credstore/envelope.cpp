// SPDX-License-Identifier: GPL-3.0-or-later
#include "envelope.hpp"

#include <algorithm>
#include <optional>

#include "byte_reader.hpp"

namespace credstore {

namespace {

constexpr std::string_view family = "vmrotate sealed credentials ";
constexpr std::string_view magic_1 = "vmrotate sealed credentials 1\n";
constexpr std::string_view magic_2 = "vmrotate sealed credentials 2\n";
constexpr std::size_t max_version_digits = 9;
constexpr std::uint32_t key_file_number = 1, passphrase_number = 2, systemd_number = 3;
constexpr std::size_t max_name_size = 255;

void append_number(std::string& text, std::size_t number, std::size_t bytes)
{
    for (std::size_t left = bytes; left-- > 0;)
        text += static_cast<char>(number >> 8 * left & 0xffU);
}

Unreadable unknown_start(std::string_view file)
{
    if (!file.starts_with(family))
        return Unreadable::foreign;
    const std::string_view version = file.substr(family.size());
    const std::size_t digits = version.find_first_not_of("0123456789");
    const bool is_number = digits != std::string_view::npos && digits > 0 &&
                           digits <= max_version_digits && version.front() != '0' &&
                           version[digits] == '\n';
    return is_number ? Unreadable::newer : Unreadable::foreign;
}

std::optional<Derivation> parse_derivation(std::uint32_t number, std::string_view parameters)
{
    if (number == key_file_number)
        return parameters.empty() ? std::optional<Derivation>(ByKeyFile{}) : std::nullopt;
    if (number == systemd_number)
        return is_credential_name(parameters)
                   ? std::optional<Derivation>(BySystemdCredential{std::string(parameters)})
                   : std::nullopt;
    ByteReader reader(parameters);
    ByPassphrase cost;
    cost.log2_n = reader.take_number(1);
    cost.r = reader.take_number(4);
    cost.p = reader.take_number(4);
    return reader.at_end() && is_bearable(cost) ? std::optional<Derivation>(cost) : std::nullopt;
}

std::string write_derivation(const Derivation& derivation)
{
    std::string parameters;
    std::uint32_t number = key_file_number;
    if (const auto* cost = std::get_if<ByPassphrase>(&derivation)) {
        number = passphrase_number;
        append_number(parameters, cost->log2_n, 1);
        append_number(parameters, cost->r, 4);
        append_number(parameters, cost->p, 4);
    } else if (const auto* credential = std::get_if<BySystemdCredential>(&derivation)) {
        number = systemd_number;
        parameters = credential->name;
    }
    std::string text;
    append_number(text, number, 1);
    append_number(text, parameters.size(), 2);
    return text + parameters;
}

}  // namespace

bool is_bearable(const ByPassphrase& cost)
{
    constexpr std::uint64_t most_memory = 256U * 1024 * 1024 / 128;  // of N * r
    constexpr std::uint64_t most_work = std::uint64_t{8} << 20U;     // of N * r * p
    if (cost.log2_n < 10 || cost.log2_n > 21 || cost.r == 0 || cost.p == 0 || cost.r > most_memory)
        return false;
    const std::uint64_t memory = (std::uint64_t{1} << cost.log2_n) * cost.r;
    return memory <= most_memory && cost.p <= most_work / memory;
}

bool is_credential_name(std::string_view name)
{
    constexpr std::string_view known =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-";
    return !name.empty() && name.size() <= max_name_size && name.front() != '.' &&
           name.find_first_not_of(known) == std::string_view::npos;
}

std::variant<Envelope, Unreadable> parse_envelope(std::span<const std::byte> file)
{
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    Envelope envelope;
    envelope.version = text.starts_with(magic_1) ? 1 : 2;
    if (envelope.version == 2 && !text.starts_with(magic_2))
        return unknown_start(text);

    ByteReader reader(text);
    reader.take(magic_1.size());
    const std::uint32_t number = reader.take_number(1);
    if (reader.failed())
        return Unreadable::damaged;
    if (number < key_file_number ||
        number > (envelope.version == 1 ? key_file_number : systemd_number))
        return Unreadable::newer;
    const auto derivation = parse_derivation(number, reader.take(reader.take_number(2)));
    if (reader.failed() || !derivation)
        return Unreadable::damaged;

    envelope.derivation = *derivation;
    envelope.salt = reader.take(salt_size);
    envelope.key_nonce = reader.take(nonce_size);
    envelope.before_key = reader.taken();
    envelope.wrapped_key = reader.take(data_key_size + tag_size);
    envelope.records_nonce = reader.take(nonce_size);
    const std::size_t sealed_size = reader.take_number(4);
    envelope.before_records = reader.taken();
    envelope.sealed_records = reader.take(sealed_size);
    if (!reader.at_end() || sealed_size < tag_size || file.size() > max_sealed_file_size)
        return Unreadable::damaged;
    return envelope;
}

std::string write_envelope_start(const Derivation& derivation, std::string_view salt,
                                 std::string_view key_nonce)
{
    std::string start(magic_2);
    start += write_derivation(derivation);
    start += salt;
    start += key_nonce;
    return start;
}

std::string write_envelope_middle(std::string_view records_nonce, std::size_t sealed_size)
{
    std::string middle(records_nonce);
    append_number(middle, sealed_size, 4);
    return middle;
}

}  // namespace credstore
