// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/mark.hpp"

#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate::rotation;
using namespace std::chrono_literals;

namespace {

Mark complete()
{
    Mark mark;
    mark.state = State::complete;
    mark.run = "0123456789abcdef0123456789abcdef";
    mark.lock = "89abcdef0123456789abcdef01234567";
    mark.set = "default";
    mark.seq = 7;
    mark.slot = 2;
    mark.stem = {"zz_", "avocado2"};
    mark.source_uuid = "5029c440-85ee-4c2a-89b4-000000000001";
    mark.source_name = "avocado2";
    mark.taken = Time{1569372067s};
    mark.quiesced = true;
    mark.freeze = {7200ms, 71};
    mark.disks = {{"scsi0:0", 42949672960}, {"scsi0:1", 10737418240}};
    mark.self = "5029c440-85ee-4c2a-89b4-000000000007";
    mark.pinned = "audit";
    return mark;
}

Mark copying()
{
    Mark mark = complete();
    mark.state = State::copying;
    mark.self.clear();
    mark.pinned.clear();
    return mark;
}

/// "whole", or what is said of the mark.
std::string verdict(const Keys& keys)
{
    const MarkReading reading = decode(keys);
    switch (reading.kind) {
        case MarkReading::Kind::none: return "none" + reading.problem;
        case MarkReading::Kind::whole: return "whole" + reading.problem;
        case MarkReading::Kind::other_version: return "other version: " + reading.problem;
        case MarkReading::Kind::damaged: return "damaged: " + reading.problem;
    }
    return "?";
}

std::string damaged(const std::string& problem)
{
    return "damaged: its mark is damaged: " + problem;
}

std::string text_of(const Keys& keys)
{
    std::string text;
    for (const auto& [key, value] : keys)
        text += key + "=" + value + "\n";
    return text;
}

}  // namespace

TEST_CASE("mark: all keys are written, as the header says")
{
    CHECK(text_of(encode(complete())) ==
          "vmrotate.disks=scsi0:0=42949672960 scsi0:1=10737418240\n"
          "vmrotate.freeze-ms=7200\n"
          "vmrotate.lock=89abcdef0123456789abcdef01234567\nvmrotate.pinned=audit\n"
          "vmrotate.prefix=zz_\nvmrotate.probes-lost=71\nvmrotate.quiesced=yes\n"
          "vmrotate.run=0123456789abcdef0123456789abcdef\n"
          "vmrotate.self=5029c440-85ee-4c2a-89b4-000000000007\n"
          "vmrotate.seq=7\nvmrotate.set=default\nvmrotate.slot=2\n"
          "vmrotate.source=5029c440-85ee-4c2a-89b4-000000000001\n"
          "vmrotate.source-name=avocado2\nvmrotate.state=complete\nvmrotate.stem=avocado2\n"
          "vmrotate.taken=2019-09-25T00:41:07Z\nvmrotate.version=1\n");
}

TEST_CASE("mark: unset keys are written empty, so that nothing inherited survives")
{
    CHECK(text_of(encode(Mark{})) ==
          "vmrotate.disks=\nvmrotate.freeze-ms=\nvmrotate.lock=\nvmrotate.pinned=\n"
          "vmrotate.prefix=\nvmrotate.probes-lost=\nvmrotate.quiesced=no\nvmrotate.run=\nvmrotate."
          "self=\nvmrotate.seq=0\nvmrotate.set=\n"
          "vmrotate.slot=0\nvmrotate.source=\nvmrotate.source-name=\nvmrotate.state=copying\n"
          "vmrotate.stem=\nvmrotate.taken=1970-01-01T00:00:00Z\nvmrotate.version=1\n");

    Keys on_the_clone = encode(complete());  // the source was once restored from a generation
    for (const auto& [key, value] : encode(copying()))
        on_the_clone[key] = value;
    CHECK(decode(on_the_clone).mark == copying());
}

TEST_CASE("mark: what is written is read again")
{
    struct Case {
        std::string what;
        void (*change)(Mark&);
    };
    const std::vector<Case> cases = {
        {"a complete one", [](Mark&) {}},
        {"an unfinished one", [](Mark& mark) { mark = copying(); }},
        {"no prefix", [](Mark& mark) { mark.stem.prefix.clear(); }},
        {"an alias", [](Mark& mark) { mark.stem.name = "short"; }},
        {"no disk at all", [](Mark& mark) { mark.disks.clear(); }},
        {"a disk of nothing",
         [](Mark& mark) {
             mark.disks = {{"nvme0:14", 0}};
         }},
        {"a huge disk",
         [](Mark& mark) {
             mark.disks = {{"sata0:0", 62LL << 40}};
         }},
        {"not quiesced", [](Mark& mark) { mark.quiesced = false; }},
        {"nobody probed it", [](Mark& mark) { mark.freeze.reset(); }},
        {"no freeze at all", [](Mark& mark) { mark.freeze = Freeze{}; }},
        {"the highest numbers", [](Mark& mark) { mark.seq = 999'999'999, mark.slot = 99; }},
        {"the lowest numbers", [](Mark& mark) { mark.seq = 1, mark.slot = 1; }},
        {"a reason of many words", [](Mark& mark) { mark.pinned = "see the audit = 2019; 'x'"; }},
        {"a reason with a line's end", [](Mark& mark) { mark.pinned = "one\ntwo\t\\ \"three\""; }},
        {"a name with an escape", [](Mark& mark) { mark.source_name = "a%2fb"; }},
        {"a Japanese name", [](Mark& mark) { mark.source_name = mark.stem.name = "鰐梨 二"; }},
        {"a name of blanks", [](Mark& mark) { mark.stem.name = "  "; }},
        {"braces", [](Mark& mark) { mark.set = "{}", mark.stem.prefix = "{0}"; }},
    };
    for (const Case& c : cases) {
        INFO("case: ", c.what);
        Mark mark = complete();
        c.change(mark);
        Keys keys = encode(mark);
        CHECK(keys.size() == 18);
        CHECK(verdict(keys) == "whole");
        CHECK(decode(keys).mark == mark);

        std::erase_if(keys, [](const auto& key) { return key.second.empty(); });
        CHECK(decode(keys).mark == mark);  // an empty value is one that is not there
    }
}

TEST_CASE("mark: a VM without a key of ours carries none")
{
    const std::vector<Keys> cases = {
        {},
        {{"guestinfo.x", "1"}, {"scsi0:0.redo", ""}},
        {{"vmrotate", "1"}, {"vmrotated.state", "complete"}, {"xvmrotate.version", "1"}},
        {{"vmrotate.version", ""}, {"vmrotate.state", ""}, {"vmrotate.self", ""}},
    };
    for (const Keys& keys : cases) {
        INFO("keys: ", text_of(keys));
        CHECK(verdict(keys) == "none");
    }
}

TEST_CASE("mark: a key that is missing damages it, unless it may be empty")
{
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"vmrotate.version", damaged("'vmrotate.version' is missing")},
        {"vmrotate.state", damaged("'vmrotate.state' is missing")},
        {"vmrotate.run", damaged("'vmrotate.run' is missing")},
        {"vmrotate.lock", "whole"},
        {"vmrotate.set", damaged("'vmrotate.set' is missing")},
        {"vmrotate.seq", damaged("'vmrotate.seq' is missing")},
        {"vmrotate.slot", damaged("'vmrotate.slot' is missing")},
        {"vmrotate.prefix", "whole"},
        {"vmrotate.stem", damaged("'vmrotate.stem' is missing")},
        {"vmrotate.source", damaged("'vmrotate.source' is missing")},
        {"vmrotate.source-name", "whole"},
        {"vmrotate.taken", damaged("'vmrotate.taken' is missing")},
        {"vmrotate.quiesced", "whole"},
        {"vmrotate.disks", "whole"},
        {"vmrotate.freeze-ms", "whole"},
        {"vmrotate.probes-lost", "whole"},
        {"vmrotate.self",
         damaged("it is complete and does not say whose mark it is ('vmrotate.self')")},
        {"vmrotate.pinned", "whole"},
    };
    CHECK(cases.size() == encode(complete()).size());
    for (const auto& each : cases) {
        INFO("missing: ", each.first);
        Keys keys = encode(complete());
        CHECK(keys.erase(each.first) == 1);
        CHECK(verdict(keys) == each.second);
        keys[each.first] = "";
        CHECK(verdict(keys) == each.second);

        Keys alone = {{each.first, encode(complete())[each.first]}};
        CHECK(verdict(alone).starts_with("damaged: its mark is damaged: '"));
    }
}

TEST_CASE("mark: a value that is nearly right damages it")
{
    const std::string state = damaged("'vmrotate.state' is neither 'copying' nor 'complete'");
    const std::string seq = damaged("'vmrotate.seq' is not a number from 1 to 999999999");
    const std::string slot = damaged("'vmrotate.slot' is not a number from 1 to 99");
    const std::string taken = damaged("'vmrotate.taken' is not a time");
    const std::string disks = damaged("'vmrotate.disks' is not a list of disks");
    struct Case {
        std::string expected;
        std::string field;
        std::vector<std::string> values;
    };
    const std::vector<Case> cases = {
        {state, "state", {"Complete", "complete ", " complete", "completed", "copy", "0"}},
        {seq, "seq", {"0", "-1", "+7", " 7", "7 ", "7.0", "0x7", "seven", "1000000000"}},
        {seq, "seq", {"99999999999999999999", "7\n", "７"}},
        {slot, "slot", {"0", "100", "-2", "+2", " 2", "2 ", "2a", "99999999999", "-"}},
        {taken, "taken", {"2019-09-25", "2019-09-25T00:41:07", "2019-02-29T00:00:00Z", "now"}},
        {taken, "taken", {"1569372067", "2019-09-25T00:41:07+00:00", "2019-09-25T00:41:07Z "}},
        {disks, "disks", {"scsi0:0", "scsi0:0=", "=42949672960", "=", "scsi0:0=-1", " "}},
        {disks, "disks", {"scsi0:0=1,scsi0:1=2", "scsi0:0=1  scsi0:1=2", " scsi0:0=1", "a=b"}},
        {disks, "disks", {"scsi0:0=1 scsi0:1", "scsi0:0=1.5", "scsi0:0=9223372036854775808"}},
    };
    for (const Case& c : cases)
        for (const std::string& value : c.values) {
            INFO("value: ", c.field, "='", value, "'");
            Keys keys = encode(complete());
            keys["vmrotate." + c.field] = value;
            CHECK(verdict(keys) == c.expected);
        }
}

TEST_CASE("mark: the first thing that is wrong is named")
{
    Keys keys = encode(complete());
    keys["vmrotate.slot"] = "0";
    keys["vmrotate.taken"] = "never";
    keys["vmrotate.self"] = "";
    CHECK(verdict(keys) == damaged("'vmrotate.slot' is not a number from 1 to 99"));
}

TEST_CASE("mark: of another version nothing is read")
{
    for (const std::string version : {"2", "0", "1.0", "01", " 1", "1 ", "one"}) {
        Keys keys = encode(complete());
        keys["vmrotate.version"] = version;
        CHECK(verdict(keys) == "other version: its mark is of version '" + version + "'");
        CHECK(decode(keys).mark == Mark{});
    }
}

TEST_CASE("mark: keys that we do not know are left alone")
{
    Keys keys = encode(complete());
    keys["vmrotate.colour"] = "green";
    keys["guestinfo.hostname"] = "avocado2";
    CHECK(verdict(keys) == "whole");
    CHECK(decode(keys).mark == complete());
    CHECK(verdict({{"vmrotate.colour", "green"}}) == damaged("'vmrotate.version' is missing"));
}

TEST_CASE("mark: times are written and read in one form, leap days included")
{
    const std::vector<std::pair<long, std::string>> cases = {
        {0, "1970-01-01T00:00:00Z"},          {-1, "1969-12-31T23:59:59Z"},
        {951782400, "2000-02-29T00:00:00Z"},  {951868799, "2000-02-29T23:59:59Z"},
        {1569372067, "2019-09-25T00:41:07Z"}, {1582934400, "2020-02-29T00:00:00Z"},
        {1583020799, "2020-02-29T23:59:59Z"}, {2147483648, "2038-01-19T03:14:08Z"},
        {4107542400, "2100-03-01T00:00:00Z"}, {253402300799, "9999-12-31T23:59:59Z"},
    };
    for (const auto& each : cases) {
        const auto& text = each.second;
        INFO("time: ", text);
        const std::chrono::seconds seconds{each.first};
        CHECK(utc_text(Time{seconds}) == text);
        CHECK((parse_utc(text) == Time{seconds}));
    }
}

TEST_CASE("mark: a text that is nearly a time is none")
{
    CHECK_FALSE(parse_utc("").has_value());
    const std::vector<std::string> cases = {
        "2019-09-25",
        "2019-09-25T00:41:07",
        "2019-09-25 00:41:07Z",
        "2019-09-25t00:41:07z",
        "2019-9-25T00:41:07Z",
        "2019-09-25T00:41Z",
        "2019-09-25T00:41:07Z ",
        " 2019-09-25T00:41:07Z",
        "2019-09-25T00:41:07+00:00",
        "+019-09-25T00:41:07Z",
        "2019-09-25T 0:41:07Z",
        "2019-13-25T00:41:07Z",
        "2019-02-29T00:41:07Z",
        "1900-02-29T00:41:07Z",
        "2100-02-29T00:41:07Z",
        "2019-09-25T24:00:00Z",
        "2019-09-25T00:60:07Z",
        "２019-09-25T00:41Z",
        "2016-12-31T23:59:60Z"};  // the last one, a leap second: vCenter knows none
    for (const std::string& text : cases) {
        INFO("text: ", text);
        CHECK_FALSE(parse_utc(text).has_value());
    }
}

TEST_CASE("mark: a freeze that cannot be read is not told, and damages nothing")
{
    for (const char* key : {"vmrotate.freeze-ms", "vmrotate.probes-lost"})
        for (const char* text : {"", "-1", "x", "7 ", "99999999999999999999"}) {
            CAPTURE(key);
            CAPTURE(text);
            Keys keys = encode(complete());
            keys[key] = text;
            CHECK(verdict(keys) == "whole");
            CHECK_FALSE(decode(keys).mark.freeze);
        }
}
