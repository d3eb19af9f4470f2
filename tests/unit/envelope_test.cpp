// SPDX-License-Identifier: GPL-3.0-or-later
#include "envelope.hpp"

#include <span>
#include <string>
#include <variant>
#include <vector>

#include "fakes/sealed_file_scratch.hpp"

using namespace credstore;
using namespace sealed_file_scratch;

TEST_CASE("envelope: bytes that are none, and why")
{
    const std::string magic = "vmrotate sealed credentials 1\n";
    const std::string fixed = std::string("\1\0\0", 3) + std::string(32 + 12 + 48 + 12, 'x');
    const std::string sealed(16, 't');
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
        {"version 2", "vmrotate sealed credentials 2\n", Unreadable::newer},
        {"version 10", "vmrotate sealed credentials 10\nxyz", Unreadable::newer},
        {"derivation 0", magic + std::string(200, '\0'), Unreadable::newer},
        {"derivation 2", magic + "\2" + std::string(200, '\0'), Unreadable::newer},
        {"derivation 255", magic + "\xff", Unreadable::newer},
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
