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

constexpr std::size_t number_size = 2;

std::array<std::string_view, 4> fields_of(const Record& record)
{
    return {record.server, record.user, record.fingerprint, record.password};
}

bool in_order(const std::vector<Record>& records)
{
    const auto out_of_order = [](const Record& left, const Record& right) {
        return !comes_before(left, right);
    };
    const auto has_account = [](const Record& record) {
        return !record.server.empty() && !record.user.empty();
    };
    return std::ranges::all_of(records, has_account) &&
           std::ranges::adjacent_find(records, out_of_order) == records.end();
}

std::size_t written_size(const std::vector<Record>& records)
{
    std::size_t size = number_size;
    for (const Record& record : records)
        for (const std::string_view field : fields_of(record)) {
            if (field.size() > max_field_size)
                throw std::invalid_argument("a field of a record is too long");
            size += number_size + field.size();
        }
    return size;
}

char* put_number(char* to, std::size_t number)
{
    *to++ = static_cast<char>(number >> 8U & 0xffU);
    *to++ = static_cast<char>(number & 0xffU);
    return to;
}

}  // namespace

bool comes_before(const Record& left, const Record& right)
{
    return std::tie(left.server, left.user) < std::tie(right.server, right.user);
}

std::optional<std::vector<Record>> parse_records(std::span<const std::byte> bytes)
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
    char* to = put_number(bytes.data(), records.size());
    for (const Record& record : records)
        for (const std::string_view field : fields_of(record)) {
            to = put_number(to, field.size());
            to += field.copy(to, field.size());
        }
    return bytes;
}

}  // namespace credstore
