// SPDX-License-Identifier: GPL-3.0-or-later
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "import.hpp"
#include "text_forms.hpp"

using namespace credstore;

namespace {

std::string entry(const std::string& host, const std::string& user, const std::string& password)
{
    return fmt::format(
        "<passwordEntry><host>{}</host><username>{}</username><password>{}</password>"
        "</passwordEntry>",
        host, user, password);
}

std::string file_of(const std::string& entries)
{
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<viCredentials><version>1.0</version>\n" +
           entries + "</viCredentials>\n";
}

/// Covers text as the SDKs do, padded with `padding`.
std::string covered(unsigned hash, std::string plain, char padding = 'x')
{
    plain += '\0';
    plain.resize(129, padding);
    for (char& c : plain)
        c = static_cast<char>(static_cast<unsigned char>(c) ^ hash);
    constexpr const char* digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string text;
    for (std::size_t i = 0; i < plain.size(); i += 3) {
        unsigned bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8U | static_cast<unsigned char>(plain[i + k]);
        for (unsigned shift = 24; shift > 0; shift -= 6)
            text += digits[bits >> (shift - 6) & 63U];
    }
    return text;
}

/// "user@host=password", then what was refused.
std::string outcome(const std::string& text)
{
    try {
        const Imported imported = read_vicredentials(text);
        std::vector<std::string> parts = {};
        for (const Credential& c : imported.credentials)
            parts.push_back(
                fmt::format("{}@{}={}", c.account.user, c.account.server, c.password.reveal()));
        for (const std::string& sentence : imported.refused)
            parts.push_back("refused: " + sentence);
        return fmt::format("{}", fmt::join(parts, " | "));
    } catch (const StoreError& error) {
        return std::string("error: ") + error.what() + " / " + error.hint();
    }
}

const std::string public_vector =
    "NyYwNzMiMDA0LDEnQwY6EwoWFHsINgUwdCV1cg1wDyUtJBssG3cicRE7MQcVKxp1FhsOHBMrdSASNwoJCXM2cjUaOy0J"
    "JXsIFXN2EgAsKzUmeiU6EzIvcisrBAEIdg87IQs7JRI3DRwQMRsAMwIGJw8CAXQuDjslJRERKnEmB0M=";
const std::string host_in_lower_case =
    "LEwcDRoLXn8eHRwbGhkYFxYVFBMSERAPDg0MCwoJCAcGBU9OTUxLSklIR0YgHh0cGxoZGBcWFRQTEhEQDw4NDAsKCQgH"
    "BgVPTk1MS0pJSEdGIB4dHBsaGRgXFhUUExIREA8ODQwLCgkIBwYFT05NTEtKSUhHRiAeHRwbGhkYFxY=";
const std::string host_as_it_stands =
    "bAxcTVpLHj9eXVxbWllYV1ZVVFNSUVBPTk1MS0pJSEdGRQ8ODQwLCgkIBwZgXl1cW1pZWFdWVVRTUlFQT05NTEtKSUhH"
    "RkUPDg0MCwoJCAcGYF5dXFtaWVhXVlVUU1JRUE9OTUxLSklIR0ZFDw4NDAsKCQgHBmBeXVxbWllYV1Y=";
const std::string beyond_ascii =
    "uCtMm5ufCmpEmozoiYqLjI2Oj4CBgoOEhYaHmJmam5ydnp+QkZLY2drb3N3e39DRt4mKi4yNjo+AgYKDhIWGh5iZmpuc"
    "nZ6fkJGS2Nna29zd3t/Q0beJiouMjY6PgIGCg4SFhoeYmZqbnJ2en5CRktjZ2tvc3d7f0NG3iYqLjI0=";
const std::string of_windows = "AQAAANCMnd8BFdERjHoAwE/Cl+sBAAAA";

}  // namespace

TEST_CASE("vicredentials: reads what the SDKs wrote")
{
    struct Row {
        std::string name, entries, outcome;
    };
    const std::vector<Row> rows = {
        {"the public vector of pyvmomi-tools", entry("mytesthost", "testuser", public_vector),
         "testuser@mytesthost=testpassword"},
        {"a host in lower case",
         entry("vc01.example.com", "backup@vsphere.local", host_in_lower_case),
         "backup@vsphere.local@vc01.example.com=S3cret!"},
        {"Java's: lower case for the key only",
         entry("VC01.Example.COM", "backup@vsphere.local", host_in_lower_case),
         "backup@vsphere.local@vc01.example.com=S3cret!"},
        {"Perl's and Python's: the host as it stands",
         entry("VC01.Example.COM", "backup@vsphere.local", host_as_it_stands),
         "backup@vsphere.local@vc01.example.com=S3cret!"},
        {"UTF-8", entry("esx.example", "root", beyond_ascii), "root@esx.example=Pässw€rd"},
        {"Latin-1", entry("a", "b", covered(0x21, "P\xe4ss")), "b@a=Päss"},
        {"blanks around the values", entry(" a\n", "b", "\n  " + covered(0x21, "p") + "\n"),
         "b@a=p"},
        {"no entry", "", ""},
        {"two, in order",
         entry("z", "u", covered((122 * 31 + 117) & 255, "p")) +
             entry("a", "b", covered(0x21, "q")),
         "b@a=q | u@z=p"},
        {"the same twice",
         entry("a", "b", covered(0x21, "q")) + entry("A", "b", covered(0x21, "q")), "b@a=q"},
        {"entities of XML",
         entry("a", "&lt;&amp;&#66;", covered((((97 * 31 + 60) * 31 + 38) * 31 + 66) & 255, "q")),
         "<&B@a=q"},
        {"a user beyond the first plane",
         entry("a", "\xf0\x9f\x8d\x8b", covered(((97 * 31 + 0xd83c) * 31 + 0xdf4b) & 255, "q")),
         "\xf0\x9f\x8d\x8b@a=q"},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        CHECK(outcome(file_of(row.entries)) == row.outcome);
    }
    CHECK(outcome("<viCredentials><version>1.1</version><other><host>x</host></other>" +
                  entry("a", "b", covered(0x21, "q")) + "</viCredentials>") == "b@a=q");
}

TEST_CASE(
    "vicredentials: an entry that cannot be read is refused by name, and the others are taken")
{
    const std::string good = entry("a", "b", covered(0x21, "q"));
    const std::string whose = "refused: the logon of 'u' at 'h'";
    struct Row {
        std::string entries, outcome;
    };
    const std::vector<Row> rows = {
        {entry("h", "u", "***="), whose + ": its password is not Base64"},
        {entry("h", "u", "abc"), whose + ": its password is not Base64"},
        {entry("h", "u", ""), whose + ": its password is not Base64"},
        {entry("h", "u", covered(0x11, "q")),
         whose + ": its password does not belong to this host and user, or is damaged"},
        {entry("h", "u", covered((104 * 31 + 117) & 255, "")), whose + ": its password is empty"},
        {entry("", "u", "AAAA"), "refused: an entry names no host or no user"},
        {entry("h", "", "AAAA"), "refused: an entry names no host or no user"},
        {"<passwordEntry></passwordEntry>", "refused: an entry names no host or no user"},
        {entry("h", "u", covered((104 * 31 + 117) & 255, "one")) +
             entry("h", "u", covered((104 * 31 + 117) & 255, "two")),
         whose + " stands there twice, with different passwords"},
        // the keys of "Hu" and "hu" differ in one bit, 0x20: blanks behind the end are another end
        {entry("H", "u", covered((104 * 31 + 117) & 255, "q", ' ')),
         "refused: the logon of 'u' at 'h': its password can be read in two ways, for the host in "
         "lower case or as it stands: add this logon by hand"},
    };
    for (const Row& row : rows)
        CHECK(outcome(file_of(good + row.entries)) == "b@a=q | " + row.outcome);
}

TEST_CASE("vicredentials: what is no such file is refused as a whole")
{
    const std::string start = "error: cannot import it: ";
    struct Row {
        std::string name, text, message;
    };
    const std::string nested = "<viCredentials><a><a><a><a><a><a><a><a>";
    std::string many = "<viCredentials>";
    for (int i = 0; i < 1025; ++i)
        many += "<passwordEntry/>";
    const std::vector<Row> rows = {
        {"empty", "", "line 1: no element found"},
        {"text", "no xml", "line 1: "},
        {"cut", file_of(entry("a", "b", "AAAA")).substr(0, 120), "line "},
        {"another file", "<html></html>", "its first element is not viCredentials"},
        {"a document type", "<!DOCTYPE x [<!ENTITY a \"b\">]><viCredentials/>",
         "it has a document type"},
        {"a file of another machine's",
         "<!DOCTYPE x SYSTEM \"file:///etc/passwd\"><viCredentials/>", "it has a document type"},
        {"an entity that nobody knows", "<viCredentials>&a;</viCredentials>",
         "line 1: undefined entity"},
        {"nested", nested, "its elements are nested too deeply"},
        {"1025 entries", many, "it has more than 1024 entries"},
        {"a value of 8193", file_of(entry("a", std::string(8193, 'u'), "AAAA")),
         "one of its values is too long"},
        {"too long", std::string(max_import_size + 1, ' '), "it has more than 4194304 bytes"},
    };
    for (const Row& row : rows) {
        INFO("case: ", row.name);
        const std::string result = outcome(row.text);
        CHECK(result.starts_with(start + row.message));
    }
}

TEST_CASE("vicredentials: a file that Windows encrypted is answered with what to run there")
{
    const std::string command =
        "Get-VICredentialStoreItem | Select Host,User,Password | ConvertTo-Json";
    const std::string hex = "01000000D08C9DDF0115D1118C7A00C04FC297EB0100";
    const std::vector<std::string> texts = {
        file_of(entry("a", "b", of_windows)), file_of(entry("a", "b", hex)),
        "<Objs><SS N=\"Password\">01000000d08c9ddf0115d1118c7a00c04fc297eb01</SS></Objs>"};
    for (const std::string& text : texts) {
        CHECK(outcome(text).starts_with(
            "error: cannot import it: its passwords are encrypted for a Windows account / "));
        CHECK(outcome(text).find(command) != std::string::npos);
    }
}

TEST_CASE("text forms: UTF-8 is told from what only looks like it")
{
    for (const std::string text : {"", "abc", "ä€🍋", "\x7f", "\xf4\x8f\xbf\xbf"})
        CHECK(is_utf8(text));
    for (const std::string text : {"\x80", "\xc3", "\xc0\x80", "\xc1\xbf", "\xe0\x80\x80",
                                   "\xed\xa0\x80", "\xf0\x80\x80\x80", "\xf4\x90\x80\x80",
                                   "\xf5\x80\x80\x80", "a\xff", "\xe2\x82", "\xe2(\xa1"})
        CHECK_FALSE(is_utf8(text));
}
