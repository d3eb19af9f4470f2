// SPDX-License-Identifier: GPL-3.0-or-later
#include "records.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <stdexcept>
#include <tuple>

#include "byte_reader.hpp"

namespace credstore {

namespace {

constexpr std::size_t number_size = 2, time_size = 8;

std::array<std::string_view, 4> fields_of(const Record& record)
{
    return {record.server, record.user, record.fingerprint, record.password};
}

bool in_order(const std::vector<Record>& records)
{
    const auto out_of_order = [](const Record& left, const Record& right) {
        return !comes_before(left, right);
    };
    const auto is_whole = [](const Record& record) {
        return !record.server.empty() && !record.user.empty() && record.added >= 0;
    };
    return std::ranges::all_of(records, is_whole) &&
           std::ranges::adjacent_find(records, out_of_order) == records.end();
}

std::size_t written_size(const std::vector<Record>& records)
{
    std::size_t size = number_size;
    for (const Record& record : records) {
        size += time_size;
        for (const std::string_view field : fields_of(record)) {
            if (field.size() > max_field_size)
                throw std::invalid_argument("a field of a record is too long");
            size += number_size + field.size();
        }
    }
    return size;
}

char* put_number(char* to, std::uint64_t number, std::size_t bytes)
{
    for (std::size_t left = bytes; left-- > 0;)
        *to++ = static_cast<char>(number >> 8 * left & 0xffU);
    return to;
}

std::int64_t take_time(ByteReader& reader)
{
    const std::uint64_t high = reader.take_number(time_size / 2);
    return static_cast<std::int64_t>(high << 32U | reader.take_number(time_size / 2));
}

}  // namespace

bool comes_before(const Record& left, const Record& right)
{
    return std::tie(left.server, left.user) < std::tie(right.server, right.user);
}

std::optional<std::vector<Record>> parse_records(std::span<const std::byte> bytes, int version)
{
    ByteReader reader({reinterpret_cast<const char*>(bytes.data()), bytes.size()});
    const std::size_t count = reader.take_number(number_size);
    if (reader.failed() || count > max_records)
        return std::nullopt;

    const auto take_field = [&] { return reader.take(reader.take_number(number_size)); };
    std::vector<Record> records;
    for (std::size_t i = 0; i < count && !reader.failed(); ++i) {
        Record& record = records.emplace_back();
        record.server = take_field();
        record.user = take_field();
        record.fingerprint = take_field();
        record.password = take_field();
        if (version > 1)
            record.added = take_time(reader);
    }
    if (!reader.at_end() || !in_order(records))
        return std::nullopt;
    return records;
}

Secret write_records(const std::vector<Record>& records)
{
    if (records.size() > max_records || !in_order(records))
        throw std::invalid_argument("records are too many, or not in order");

    Secret bytes = Secret::of_size(written_size(records));
    char* to = put_number(bytes.data(), records.size(), number_size);
    for (const Record& record : records) {
        for (const std::string_view field : fields_of(record)) {
            to = put_number(to, field.size(), number_size);
            to += field.copy(to, field.size());
        }
        to = put_number(to, static_cast<std::uint64_t>(record.added), time_size);
    }
    return bytes;
}

}  // namespace credstore
