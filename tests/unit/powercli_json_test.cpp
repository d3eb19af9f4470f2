// SPDX-License-Identifier: GPL-3.0-or-later
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "import.hpp"

using namespace credstore;

namespace {

std::string outcome(const std::string& text)
{
    try {
        const Imported imported = read_powercli_json(text);
        std::vector<std::string> parts;
        for (const Credential& c : imported.credentials)
            parts.push_back(
                fmt::format("{}@{}={}", c.account.user, c.account.server, c.password.reveal()));
        for (const std::string& sentence : imported.refused)
            parts.push_back("refused: " + sentence);
        return fmt::format("{}", fmt::join(parts, " | "));
    } catch (const StoreError& error) {
        return std::string("error: ") + error.what();
    }
}

std::string in_utf16(const std::u16string& text, bool big_end_first)
{
    std::string bytes = big_end_first ? "\xfe\xff" : "\xff\xfe";
    for (const char16_t unit : text) {
        const char high = static_cast<char>(unit >> 8U), low = static_cast<char>(unit & 0xffU);
        bytes += big_end_first ? high : low;
        bytes += big_end_first ? low : high;
    }
    return bytes;
}

}  // namespace

TEST_CASE("PowerCLI's JSON: one object, or an array of them")
{
    struct Row {
        std::string text, outcome;
    };
    const std::string one = R"({"Host": "VC1", "User": "EX\\b", "Password": "p\"'%\n"})";
    const std::u16string wide =
        u"{\"Host\":\"vc\",\"User\":\"u\",\"Password\":\"p\u00e4\u20ac\U0001f34b\"}";
    const std::vector<Row> rows = {
        {one, "EX\\b@vc1=p\"'%\n"},
        {"[" + one + R"(, {"User":"a","Host":"a","Password":"q","File":null}])",
         "a@a=q | EX\\b@vc1=p\"'%\n"},
        {"\xef\xbb\xbf" + one, "EX\\b@vc1=p\"'%\n"},
        {in_utf16(wide, false), "u@vc=pä€🍋"},
        {in_utf16(wide, true), "u@vc=pä€🍋"},
        {"[]", ""},
        {R"({"Host":"h","User":"u","Password":null})",
         "refused: the logon of 'u' at 'h': it has no password"},
        {R"({"Host":"h","User":"u"})", "refused: the logon of 'u' at 'h': it has no password"},
        {R"({"Host":"h\u0007","User":"u"})",
         "refused: the logon of 'u' at 'h?': it has no password"},
        {R"({"Host":"h","Password":"p"})", "refused: an object has no Host or no User"},
        {"[{},{}]",
         "refused: an object has no Host or no User | refused: an object has no Host or "
         "no User"},
        {R"([{"Host":"h","User":"u","Password":"p"},{"Host":"H","User":"u","Password":"q"}])",
         "refused: the logon of 'u' at 'h' stands there twice, with different passwords"},
    };
    for (const Row& row : rows) {
        INFO("text: ", row.text);
        CHECK(outcome(row.text) == row.outcome);
    }
}

TEST_CASE("PowerCLI's JSON: what is none is refused as a whole")
{
    struct Row {
        std::string text, message;
    };
    std::string many = "[{}";
    for (int i = 0; i < 1024; ++i)
        many += ",{}";
    const std::vector<Row> rows = {
        {"", "it is no JSON, at byte "},
        {"{", "it is no JSON, at byte "},
        {R"({"Host":"h)", "it is no JSON, at byte "},
        {"{\"Host\":\"\xff\"}", "it is no JSON, at byte "},
        {in_utf16(u"{\"Host\":\"\xd83c\"}", false), "it is no JSON, at byte "},
        {"[] []", "it is no JSON, at byte "},
        {"1", "it is no object and no array of objects"},
        {"true", "it is no object and no array of objects"},
        {"null", "it is no object and no array of objects"},
        {"1.5", "it is no object and no array of objects"},
        {"-1", "it is no object and no array of objects"},
        {"\"text\"", "it is no object and no array of objects"},
        {"[\"text\"]", "it is no object and no array of objects"},
        {R"({"Host":{}})", "an object stands within an object"},
        {R"({"Host":[]})", "an array stands within an object"},
        {"[[[[", "it is nested too deeply"},
        {many + "]", "it has more than 1024 logons"},
        {"\xff\xfe{", "it ends in the midst of a character"},
        {std::string(max_import_size + 1, ' '), "it has more than 4194304 bytes"},
    };
    for (const Row& row : rows) {
        INFO("text: ", row.text.substr(0, 40));
        CHECK(outcome(row.text).starts_with("error: cannot import it: " + row.message));
    }
}
