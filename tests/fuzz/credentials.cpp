// SPDX-License-Identifier: GPL-3.0-or-later
#include <span>
#include <stdexcept>
#include <string>
#include <variant>

#include "envelope.hpp"
#include "laws.hpp"
#include "logon_text.hpp"
#include "records.hpp"
#include "sealing.hpp"

// The input, by its first letter:
//   f  a sealed file, whose key, or passphrase, is 32 times 'k'
//   r  records, as they stand inside of a sealed file of version 2
//   o  the same of version 1
//   l  a logon as text
//   c  two bytes that name a byte of the file, one that changes it, then records: sealed,
//      changed there, opened

using namespace credstore;
using fuzz::law;

namespace {

const Secret& key()
{
    static const Secret secret(std::string(32, 'k'));
    return secret;
}

std::span<const std::byte> bytes(std::string_view text)
{
    return std::as_bytes(std::span(text));
}

std::optional<Secret> open(std::string_view file)
{
    const auto parsed = parse_envelope(bytes(file));
    if (!std::holds_alternative<Envelope>(parsed))
        return std::nullopt;
    const auto& envelope = std::get<Envelope>(parsed);
    law(envelope.before_records.size() + envelope.sealed_records.size() == file.size(),
        "an envelope is the whole file");
    if (envelope.version == 2)
        law(write_envelope_start(envelope.derivation, envelope.salt, envelope.key_nonce) ==
                envelope.before_key,
            "the start of an envelope is written as it is read");
    if (const auto* cost = std::get_if<ByPassphrase>(&envelope.derivation)) {
        law(is_bearable(*cost), "no file demands more than can be borne");
        if (cost->log2_n > 10 || cost->r > 8 || cost->p > 1)  // too slow to be tried so often
            return std::nullopt;
    }
    return unseal(envelope, key());
}

void check_records(std::string_view plain, int version)
{
    const auto records = parse_records(bytes(plain), version);
    if (!records)
        return;
    if (version == 2)
        law(write_records(*records).reveal() == plain, "records are written as they are read");
    for (const Record& record : *records)
        law(!record.server.empty() && !record.user.empty(), "a record has an account");
}

void check_sealing(std::string_view plain)
{
    for (const Derivation& derivation :
         {Derivation(ByKeyFile{}), Derivation(BySystemdCredential{"key"}),
          Derivation(ByPassphrase{10, 1, 1})}) {
        if (std::holds_alternative<ByPassphrase>(derivation) && plain.size() % 32 != 0)
            continue;  // slow on purpose: now and then will do
        const auto opened = open(seal(Secret(plain), derivation, key()));
        law(opened && opened->reveal() == plain, "what is sealed opens as the same");
    }
}

void check_logon(std::string_view text)
{
    try {
        const Credential read = parse_logon(text);
        const Credential again = parse_logon(write_logon(read).reveal());
        law(again.account == read.account && again.fingerprint == read.fingerprint &&
                again.added == read.added && again.password.reveal() == read.password.reveal(),
            "a logon is read as it was written");
    } catch (const StoreError&) {
    }
}

void check_change(std::string_view input)
{
    if (input.size() < 3)
        return;
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(input[at]); };
    std::string file = seal(Secret(input.substr(3)), ByKeyFile{}, key());
    const std::size_t at = (byte(0) * 256U + byte(1)) % file.size();
    file[at] = static_cast<char>(file[at] ^ input[2]);
    law(open(file).has_value() == (input[2] == 0), "a file with one changed byte does not open");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    std::string_view input = fuzz::text_of(data, size);
    if (input.empty())
        return -1;
    const char letter = input.front();
    input.remove_prefix(1);
    if (letter == 'f') {
        if (const auto plain = open(input))
            check_records(plain->reveal(), 2);
    } else if (letter == 'r') {
        check_records(input, 2);
        check_sealing(input);
    } else if (letter == 'o') {
        check_records(input, 1);
    } else if (letter == 'l') {
        check_logon(input);
    } else if (letter == 'c') {
        check_change(input);
    } else {
        return -1;
    }
    return 0;
}
