// SPDX-License-Identifier: GPL-3.0-or-later
#include "records.hpp"

#include <random>
#include <span>
#include <string>
#include <vector>

#include "envelope.hpp"
#include "fakes/sealed_file_scratch.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

TEST_CASE("records: bytes that are none")
{
    const std::string time(8, '\0');
    const std::string one = std::string("\0\1s\0\1u\0\0\0\1p", 11) + time;
    const std::string other =
        std::string("\0\1s\0\1v\0\0\0\0", 10) + std::string("\0\0\0\1\2\3\4\5", 8);
    const auto numbered = [](int count) {
        std::string text;
        for (int i = 0; i < count; ++i)
            text +=
                std::string("\0\1s\0\4", 5) + fmt::format("{:04}", i) + std::string(4 + 8, '\0');
        return text;
    };
    const auto counted = [](char count) { return std::string("\0", 1) + count; };
    struct Row {
        std::string name, bytes;
    };
    const std::vector<Row> rows = {
        {"empty", ""},
        {"half a count", std::string("\0", 1)},
        {"a record too few", counted(2) + one},
        {"a record too many", counted(1) + one + other},
        {"the same account twice", counted(2) + one + one},
        {"out of order", counted(2) + other + one},
        {"no server", counted(1) + std::string("\0\0\0\1u\0\0\0\0", 9) + time},
        {"no user", counted(1) + std::string("\0\1s\0\0\0\0\0\0", 9) + time},
        {"a time before 1970", counted(1) + one.substr(0, 11) + std::string(8, '\xff')},
        {"half a time", counted(1) + one.substr(0, 15)},
        {"no time, as in version 1", counted(1) + one.substr(0, 11)},
        {"a field beyond the end", counted(1) + std::string("\0\1s\0\1u\0\0\0\2p", 11)},
        {"a field of 65535", counted(1) + "\xff\xff" + one},
        {"a byte behind the last", counted(1) + one + "x"},
        {"a byte behind none", counted(0) + "x"},
        {"1025 records", std::string("\4\1", 2) + numbered(1025)},
        {"65535 records", "\xff\xff"},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        CHECK_FALSE(parse_records(bytes(row.bytes)).has_value());
    }
    const std::string good = counted(2) + one + other;
    const auto records = parse_records(bytes(good));
    REQUIRE(records.has_value());
    CHECK(records->size() == 2);
    CHECK(records->front().added == 0);
    CHECK(records->back().added == 0x102030405);
    CHECK(write_records(*records).reveal() == good);
    CHECK(parse_records(bytes(counted(0)))->empty());
    const std::string old = counted(1) + one.substr(0, 11);
    const auto of_version_1 = parse_records(bytes(old), 1);
    CHECK(of_version_1->front().password == "p");
    const std::string most = std::string("\4\0", 2) + numbered(1024);
    CHECK(parse_records(bytes(most)).has_value());
}

TEST_CASE("records: any bytes are parsed or refused, and what is parsed is written the same")
{
    std::mt19937 random(20190901);
    const std::string time(8, '\0');
    const std::string start = std::string("\0\2\0\1s\0\1u\0\0\0\1p", 13) + time +
                              std::string("\0\1s\0\1v\0\0\0\0", 10) + time;
    int parsed = 0;
    for (int round = 0; round < 20000; ++round) {
        std::string text = start;
        for (auto changes = random() % 4; changes > 0; --changes)
            text[random() % text.size()] = static_cast<char>(random() % 6);
        text.resize(text.size() - random() % 3);
        if (const auto records = parse_records(bytes(text))) {
            ++parsed;
            CHECK(write_records(*records).reveal() == text);
        }
        parse_envelope(bytes(text));
    }
    CHECK(parsed > 1000);
}

TEST_CASE("records: those that break the rules are not written")
{
    CHECK_THROWS_AS(write_records({{"s", "u", "", "", 0}, {"s", "u", "", "", 1}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(write_records({{"", "u", "", "", 0}}), std::invalid_argument);
    CHECK_THROWS_AS(write_records({{"s", "u", "", std::string(65536, 'p'), 0}}),
                    std::invalid_argument);
    CHECK_THROWS_AS(write_records({{"s", "u", "", "", -1}}), std::invalid_argument);
}
