// SPDX-License-Identifier: GPL-3.0-or-later
#include "envelope.hpp"

#include "byte_reader.hpp"

namespace credstore {

namespace {

constexpr std::string_view family = "vmrotate sealed credentials ";
constexpr std::string_view magic = "vmrotate sealed credentials 1\n";
constexpr std::size_t max_version_digits = 9;

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

}  // namespace

std::variant<Envelope, Unreadable> parse_envelope(std::span<const std::byte> file)
{
    const std::string_view text(reinterpret_cast<const char*>(file.data()), file.size());
    if (!text.starts_with(magic))
        return unknown_start(text);

    ByteReader reader(text);
    reader.take(magic.size());
    Envelope envelope;
    const auto derivation = reader.take_number(1);
    if (reader.failed())
        return Unreadable::damaged;
    if (derivation != static_cast<std::uint32_t>(KeyDerivation::key_file))
        return Unreadable::newer;
    if (reader.take_number(2) != 0)
        return Unreadable::damaged;

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

std::string write_envelope_start(std::string_view salt, std::string_view key_nonce)
{
    std::string start(magic);
    append_number(start, static_cast<std::size_t>(KeyDerivation::key_file), 1);
    append_number(start, 0, 2);
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
