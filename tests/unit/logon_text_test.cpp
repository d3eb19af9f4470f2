// SPDX-License-Identifier: GPL-3.0-or-later
#include "logon_text.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

using namespace credstore;

namespace {

std::string error_of(const std::string& text)
{
    try {
        parse_logon(text);
    } catch (const StoreError& error) {
        return error.what();
    }
    return "no error";
}

}  // namespace

TEST_CASE("logon text: what is written is read as the same")
{
    const std::vector<std::string> passwords = {"plain",
                                                "",
                                                "newline at the end\n",
                                                "\n\n",
                                                "password=",
                                                "two\nlines",
                                                "quotes \"'` and % and \\",
                                                "pässwörd 日本語",
                                                std::string("\0 zero", 6),
                                                std::string(1024, 'x')};
    for (const std::string& password : passwords) {
        INFO("password: ", password);
        const Credential read = parse_logon(write_logon({{"vc:444", "EXAMPLE\\b=u"},
                                                         Secret(password),
                                                         "AB:CD",
                                                         Added{std::chrono::seconds{5}}})
                                                .reveal());
        CHECK(read.account == Account{"vc:444", "EXAMPLE\\b=u"});
        CHECK(read.password.reveal() == password);
        CHECK(read.fingerprint == "AB:CD");
        CHECK(read.added.time_since_epoch().count() == 5);
    }
    CHECK(write_logon({{"s", "u"}, Secret("p")}).reveal() == "server=s\nuser=u\npassword=p\n");
}

TEST_CASE("logon text: takes what people write")
{
    const Credential plain = parse_logon("user=backup\nserver=VC.Example.com\npassword=p");
    CHECK(plain.account == Account{"vc.example.com", "backup"});
    CHECK(plain.password.reveal() == "p");
    CHECK(plain.fingerprint.empty());
    CHECK(plain.added == Added{});
    CHECK(parse_logon("server=s\nuser=u\npassword=p\r\n").password.reveal() == "p\r");
}

TEST_CASE("logon text: what is none is refused, and no value is repeated")
{
    struct Row {
        std::string text, message;
    };
    const std::string none_of =
        "it has a line that is none of server=, user=, fingerprint=, added=, password=";
    const std::vector<Row> rows = {
        {"", "it has no line that begins with password="},
        {"S3cret", "it has no line that begins with password="},
        {"server=s\nuser=u\npassword", "it has no line that begins with password="},
        {"server=s\nuser=u\n", "it has no line that begins with password="},
        {"server=s\nuser=u\n\npassword=p", none_of},
        {"server=s\nuser=u\nS3cret\npassword=p", none_of},
        {"server=s\nuser=u\nPassword=S3cret\npassword=p", none_of},
        {"server = s\nuser=u\npassword=p", none_of},
        {"server=s\r\nuser=u\r\npassword=p\r\n", "its line 'server=' has a control character"},
        {"server=s\nserver=t\nuser=u\npassword=p", "its line 'server=' stands there twice"},
        {"user=u\npassword=p", "it names no server or no user"},
        {"server=s\npassword=p", "it names no server or no user"},
        {"server=\nuser=u\npassword=p", "it names no server or no user"},
        {"server=s\nuser=u\nadded=x\npassword=p",
         "its line 'added=' is no number of seconds since 1970"},
        {"server=s\nuser=u\nadded=-1\npassword=p",
         "its line 'added=' is no number of seconds since 1970"},
        {"server=s\nuser=u\nadded=1x\npassword=p",
         "its line 'added=' is no number of seconds since 1970"},
        {"server=s\nuser=u\nadded=253402300800\npassword=p",
         "its line 'added=' is no number of seconds since 1970"},
        {"server=s\nuser=u\nadded=99999999999999999999\npassword=p",
         "its line 'added=' is no number of seconds since 1970"},
    };
    for (const Row& row : rows) {
        INFO("text: ", row.text);
        CHECK(error_of(row.text) == row.message);
    }
    for (const Credential& bad :
         {Credential{{"s\n", "u"}, Secret("p")}, Credential{{"s", "u\npassword=x"}, Secret("p")},
          Credential{{"s", "u"}, Secret("p"), "A\n"}})
        CHECK_THROWS_AS(write_logon(bad), StoreError);
}
