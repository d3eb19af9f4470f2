// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/command_words.hpp"

#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace vmrotate;

namespace {

struct Row {
    std::string text;
    std::vector<std::string> words;
};

const std::vector<Row> rows = {
    {"pass", {"pass"}},
    {"pass show vcenter", {"pass", "show", "vcenter"}},
    {"  pass \t show\nvcenter  ", {"pass", "show", "vcenter"}},
    {"pass 'show me' \"the key\"", {"pass", "show me", "the key"}},
    {"a'b c'd", {"ab cd"}},
    {R"(a "b \"c\" \\ \x" )", {"a", R"(b "c" \ \x)"}},
    {R"(a\ b \'c \\)", {"a b", "'c", "\\"}},
    {R"('a\b"c')", {R"(a\b"c)"}},
    {"a '' \"\" b", {"a", "", "", "b"}},
    {"echo $HOME *.c ; rm | cat > x `y` ~",
     {"echo", "$HOME", "*.c", ";", "rm", "|", "cat", ">", "x", "`y`", "~"}},
    {"\xC3\xBC 'x\xE6\x97\xA5'", {"\xC3\xBC", "x\xE6\x97\xA5"}},
};

}  // namespace

TEST_CASE("split_words: a command line as a shell takes it apart, and nothing put into it")
{
    for (const Row& row : rows) {
        CAPTURE(row.text);
        CHECK(cli::split_words(row.text) == row.words);
    }
}

TEST_CASE("split_words: what is no command line is refused as usage")
{
    for (const std::string& text :
         {std::string(), std::string(" \t\n"), std::string("a 'b"), std::string("a \"b"),
          std::string("a \"b\\"), std::string("a \\"), std::string("a\0b", 3)}) {
        CAPTURE(text);
        try {
            cli::split_words(text);
            FAIL_CHECK("it was taken");
        } catch (const Error& e) {
            CHECK(e.kind() == ErrorKind::usage);
            CHECK(!e.hint().empty());
        }
    }
}
