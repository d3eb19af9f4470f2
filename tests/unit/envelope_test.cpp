// SPDX-License-Identifier: GPL-3.0-or-later
#include "envelope.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "fakes/sealed_file_scratch.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

namespace {

std::string number(std::size_t value, std::size_t size)
{
    std::string text;
    for (std::size_t left = size; left-- > 0;)
        text += static_cast<char>(value >> 8 * left & 0xffU);
    return text;
}

/// A whole envelope of version 2 with this derivation.
std::string with(const std::string& derivation, const std::string& parameters)
{
    return "vmrotate sealed credentials 2\n" + derivation + number(parameters.size(), 2) +
           parameters + std::string(32 + 12 + 48 + 12, 'x') + number(16, 4) + std::string(16, 't');
}

std::string cost(std::size_t log2_n, std::size_t r, std::size_t p)
{
    return number(log2_n, 1) + number(r, 4) + number(p, 4);
}

}  // namespace

TEST_CASE("envelope: bytes that are none, and why")
{
    const std::string magic = "vmrotate sealed credentials 1\n";
    const std::string fixed = std::string("\1\0\0", 3) + std::string(32 + 12 + 48 + 12, 'x');
    const std::string sealed(16, 't');
    const std::string magic_2 = "vmrotate sealed credentials 2\n";
    struct Row {
        std::string name, file;
        Unreadable why;
    };
    const std::vector<Row> rows = {
        {"empty", "", Unreadable::foreign},
        {"another file", "[server]\nname = \"x\"\n", Unreadable::foreign},
        {"one byte of the magic is missing", magic.substr(0, 29), Unreadable::foreign},
        {"no version", "vmrotate sealed credentials \n", Unreadable::foreign},
        {"version 0", "vmrotate sealed credentials 0\n", Unreadable::foreign},
        {"version 01", "vmrotate sealed credentials 01\n", Unreadable::foreign},
        {"version 1x", "vmrotate sealed credentials 1x\n", Unreadable::foreign},
        {"version -1", "vmrotate sealed credentials -1\n", Unreadable::foreign},
        {"endless version", "vmrotate sealed credentials 1234567890\n", Unreadable::foreign},
        {"version without its end", "vmrotate sealed credentials 2", Unreadable::foreign},
        {"version 3", "vmrotate sealed credentials 3\n", Unreadable::newer},
        {"version 10", "vmrotate sealed credentials 10\nxyz", Unreadable::newer},
        {"derivation 0", magic + std::string(200, '\0'), Unreadable::newer},
        {"derivation 2", magic + "\2" + std::string(200, '\0'), Unreadable::newer},
        {"derivation 255", magic + "\xff", Unreadable::newer},
        {"derivation 4 of version 2", magic_2 + "\4", Unreadable::newer},
        {"only the magic of version 2", magic_2, Unreadable::damaged},
        {"a key file with parameters", with("\1", "x"), Unreadable::damaged},
        {"a credential without a name", with("\3", ""), Unreadable::damaged},
        {"a name with a slash", with("\3", "a/b"), Unreadable::damaged},
        {"a name that begins with a dot", with("\3", "..key"), Unreadable::damaged},
        {"a name of 256 bytes", with("\3", std::string(256, 'n')), Unreadable::damaged},
        {"scrypt without parameters", with("\2", ""), Unreadable::damaged},
        {"scrypt with a byte too few", with("\2", cost(17, 8, 1).substr(1)), Unreadable::damaged},
        {"scrypt with a byte too many", with("\2", cost(17, 8, 1) + "x"), Unreadable::damaged},
        {"N = 2^9", with("\2", cost(9, 8, 1)), Unreadable::damaged},
        {"N = 2^22", with("\2", cost(22, 1, 1)), Unreadable::damaged},
        {"r = 0", with("\2", cost(17, 0, 1)), Unreadable::damaged},
        {"p = 0", with("\2", cost(17, 8, 0)), Unreadable::damaged},
        {"512 MiB", with("\2", cost(19, 8, 1)), Unreadable::damaged},
        {"r = 2^32 - 1", with("\2", cost(10, 0xffffffffU, 1)), Unreadable::damaged},
        {"p = 2^32 - 1", with("\2", cost(10, 1, 0xffffffffU)), Unreadable::damaged},
        {"nine times the work", with("\2", cost(17, 8, 9)), Unreadable::damaged},
        {"only the magic", magic, Unreadable::damaged},
        {"parameters where none belong",
         magic + std::string("\1\0\1", 3) + fixed.substr(3) + std::string("\0\0\0\x10", 4) + sealed,
         Unreadable::damaged},
        {"no records", magic + fixed, Unreadable::damaged},
        {"records shorter than a tag",
         magic + fixed + std::string("\0\0\0\xf", 4) + sealed.substr(1), Unreadable::damaged},
        {"records shorter than told", magic + fixed + std::string("\0\0\0\x11", 4) + sealed,
         Unreadable::damaged},
        {"records longer than told", magic + fixed + std::string("\0\0\0\x10", 4) + sealed + "x",
         Unreadable::damaged},
        {"records of 4 GiB", magic + fixed + "\xff\xff\xff\xff" + sealed, Unreadable::damaged},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        const auto result = parse_envelope(bytes(row.file));
        REQUIRE(std::holds_alternative<Unreadable>(result));
        CHECK(static_cast<int>(std::get<Unreadable>(result)) == static_cast<int>(row.why));
    }
    const std::string smallest = magic + fixed + std::string("\0\0\0\x10", 4) + sealed;
    CHECK(std::holds_alternative<Envelope>(parse_envelope(bytes(smallest))));
}

TEST_CASE("envelope: what a file may demand, at its limits")
{
    for (const std::string& parameters :
         {cost(10, 1, 1), cost(17, 8, 1), cost(18, 8, 1), cost(17, 8, 8), cost(21, 1, 4)}) {
        const std::string file = with("\2", parameters);
        const auto parsed = parse_envelope(bytes(file));
        REQUIRE(std::holds_alternative<Envelope>(parsed));
        CHECK(write_envelope_start(std::get<Envelope>(parsed).derivation, std::string(32, 'x'),
                                   std::string(12, 'x')) == std::get<Envelope>(parsed).before_key);
    }
    const std::string longest = with("\3", std::string(255, 'n'));
    CHECK(std::holds_alternative<Envelope>(parse_envelope(bytes(longest))));
}
