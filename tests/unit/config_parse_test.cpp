// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/parse.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <random>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/conflicts.hpp"
#include "config/keys.hpp"
#include "config/resolve.hpp"
#include "unit/config_problems.hpp"

using namespace vmrotate::config;

namespace {

std::filesystem::path example()
{
    return std::filesystem::path(__FILE__).parent_path() / "../../examples/vmrotate.toml";
}

std::string content(const std::filesystem::path& path)
{
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
}

/// A file that is there as long as this object.
struct ScratchFile {
    explicit ScratchFile(const std::string& text)
        : path(std::filesystem::temp_directory_path() /
               fmt::format("vmrotate-{}.toml", std::random_device{}()))
    {
        std::ofstream(path, std::ios::binary) << text;
    }
    ~ScratchFile() { std::filesystem::remove(path); }
    ScratchFile(const ScratchFile&) = delete;
    ScratchFile& operator=(const ScratchFile&) = delete;

    std::filesystem::path path;
};

std::string message_of_load(const std::filesystem::path& path)
{
    try {
        load(path);
    } catch (const vmrotate::Error& error) {
        CHECK(error.kind() == vmrotate::ErrorKind::usage);
        return error.what();
    }
    return "";
}

}  // namespace

TEST_CASE("parse: the example says the defaults")
{
    const Parsed parsed = load(example());
    CHECK(sentence("", parsed.problems) == "");

    Policy policy;
    for (const auto& setting : parsed.config.defaults)
        setting(policy);
    CHECK(policy.datastore == "NFS_durian");
    policy.datastore.clear();
    CHECK(policy == Policy{});
    CHECK(parsed.config.defaults.size() == policy_keys().size() - 2);  // no alias, no self
    JobRules rules;
    for (const auto& setting : parsed.config.default_rules)
        setting(rules);
    CHECK(rules == JobRules{});
    CHECK(parsed.config.default_rules.size() == rule_keys().size() - 2);  // no window, no days

    Group group = parsed.config.groups.at("shop");
    group.vms.clear();
    CHECK(group == Group{});

    const Vcenter& vcenter = parsed.config.vcenter;
    CHECK(vcenter.server == "vcenter.example.com");
    CHECK(vcenter.user + vcenter.ca_file + vcenter.fingerprint + vcenter.store + vcenter.key_file ==
          "");
    CHECK(vcenter.retry_for == Vcenter{}.retry_for);
}

TEST_CASE("parse: the example shows every key, and its jobs are in no conflict")
{
    std::string text = content(example());
    for (auto at = text.find("\n#"); at != std::string::npos; at = text.find("\n#", at + 1))
        if (at + 2 < text.size() && text[at + 2] != ' ' && text[at + 2] != '\n')
            text.erase(at + 1, 1);
    const Parsed parsed = parse(text, "");
    CHECK(sentence("", parsed.problems) == "");

    std::vector<std::string> keys = vcenter_keys();
    for (const auto& more :
         {policy_keys(), rule_keys(), group_keys(), {"folders", "pools", "attributes", "exclude"}})
        keys.insert(keys.end(), more.begin(), more.end());
    for (const std::string& key : keys)
        CHECK_MESSAGE(text.find("\n" + key + " = ") != std::string::npos, key);

    const auto all = assignments(parsed.config, {});
    CHECK(all.size() == 4);
    CHECK(fmt::format("{}", fmt::join(conflicts(all), "\n")) == "");
}

TEST_CASE("parse: every key reaches its member")
{
    const Parsed parsed = parse(R"(
[vcenter]
server = "[2001:db8::1]:8443"
user = 'EXAMPLE\backup'
ca_file = "ca.pem"
fingerprint = "00112233445566778899aabbccddeeff00112233445566778899AABBCCDDEEFF"
store = "store"
key_file = "key"
retry_for = "0"
[job."夜 1"]
vms = ["a b", "日本/%2f"]
datastore = "d"
folder = "日本/b"
keep = 98
prefix = "控_"
set = "A.b_c-9"
host = "esx1"
quiesce = "require"
nics = "disconnected"
consolidate = "never"
create_folder = true
min_age = "1d"
task_wait = "2h"
removal_wait = "3h"
task_limit = "4h"
grace = "5h"
deadline = "6h"
concurrency = 100
per_source_datastore = 1
per_target_datastore = 2
per_host = 3
window = "22:30-05:00"
days = ["sun", "wed"]
window_is_failure = true
min_interval = "12h"
before_job = ["/bj"]
after_job = ["/aj", "x"]
job_hook_timeout = "8h"
folders = ["a", "日/b"]
pools = ["p"]
attributes = ["Backup=a=b"]
exclude = ["x*"]
before_snapshot = ["/b", "", "x y"]
after_snapshot = ["/a"]
after_clone = ["/c"]
on_failure = ["/f"]
thaw = ["/t"]
hook_failure = "skip"
hook_timeout = "6h"
probe = "tcp:65535"
probe_address = "db.example.com"
max_freeze = "7h"
newest_alias = true
event_log = false
[vm."a b"]
alias = "a"
)",
                                "x.toml");
    CHECK(sentence("", parsed.problems) == "");
    const Config& config = parsed.config;
    CHECK(config.file == "x.toml");
    CHECK(config.vcenter.server == "[2001:db8::1]:8443");
    CHECK(config.vcenter.user == "EXAMPLE\\backup");
    CHECK(config.vcenter.ca_file == "ca.pem");
    CHECK(config.vcenter.fingerprint.size() == 64);
    CHECK(config.vcenter.store == "store");
    CHECK(config.vcenter.key_file == "key");
    CHECK(config.vcenter.retry_for.count() == 0);

    const auto all = assignments(config, {});
    REQUIRE(all.size() == 2);
    CHECK(all[0].vm == "a b");
    CHECK(all[1].vm == "日本/%2f");
    CHECK(all[0].job == "夜 1");
    using std::chrono::seconds;
    Policy expected = {.datastore = "d",
                       .folder = "日本/b",
                       .keep = 98,
                       .prefix = "控_",
                       .set = "A.b_c-9",
                       .copies = {},
                       .alias = "a",
                       .host = "esx1",
                       .quiesce = Quiesce::require,
                       .nics = Nics::disconnected,
                       .consolidate = Consolidate::never,
                       .create_folder = true,
                       .min_age = seconds{86400},
                       .task_wait = seconds{7200},
                       .removal_wait = seconds{10800},
                       .task_limit = seconds{14400},
                       .grace = seconds{18000},
                       .deadline = seconds{21600},
                       .probe = {Probe::Kind::tcp, 65535}};
    expected.before_snapshot = {"/b", "", "x y"};
    expected.after_snapshot = {"/a"};
    expected.after_clone = {"/c"};
    expected.on_failure = {"/f"};
    expected.thaw = {"/t"};
    expected.hook_failure = HookFailure::skip;
    expected.hook_timeout = seconds{21600};
    expected.probe_address = "db.example.com";
    expected.max_freeze = seconds{25200};
    expected.newest_alias = true;
    expected.event_log = false;
    CHECK(all[0].policy == expected);

    using std::chrono::minutes;
    const JobRules rules = {100,
                            1,
                            2,
                            3,
                            Window{minutes{1350}, minutes{300}},
                            {Day::sunday, Day::wednesday},
                            true,
                            seconds{43200},
                            {"/bj"},
                            {"/aj", "x"},
                            seconds{28800}};
    CHECK(all[0].rules == rules);
    const Job& job = config.jobs.at("夜 1");
    CHECK(fmt::format("{} {} {} {}", fmt::join(job.folders, "|"), fmt::join(job.pools, "|"),
                      fmt::join(job.attributes, "|"),
                      fmt::join(job.exclude, "|")) == "a|日/b p Backup=a=b x*");
}

TEST_CASE("parse: texts without a problem")
{
    check({
        {"", ""},
        {"\n# nothing\r\n", ""},
        {"\xef\xbb\xbf[defaults]\r\nkeep = 1\r\n", ""},
        {"[job]\n[vm]\n[vcenter]\n[defaults]\n", ""},
        {"defaults = { keep = 0x10, set = 'a' }", ""},
        {"job.a.vms = ['a', 'A', ' a']", ""},
        {"[vm.password]\nkeep = 2\n[job.Secret]\nvms = ['password']", ""},
        {"[vcenter]\nserver = '10.0.0.1:65535'", ""},
        {"[defaults]\nprefix = 'abcdefghijklmnopqrst'", ""},
        {"[defaults]\nprefix = '控控控控控控控控控控控控控控控控控控控控'", ""},
        {"[vm.'" + std::string(80, '.') + "']", ""},
        {"[defaults]\nkeep = 2 # 日" + std::string(200, '.'), ""},
        {"[vm.\"日\"]\n[vm.'本']", ""},
        {"# " + std::string(200, '.') + "\n[defaults]\nkeep = 2", ""},
    });
}

TEST_CASE("parse: all problems are told at once, in order of their places")
{
    check({{R"([vm.mango]
keep = 0
[job.nightly]
vms = ["a", "a"]
quiesce = "on"
[vcenter]
server = "http://vc"
password = "x"
[defaults]
  keeep = 3
  keep = 100
)",
            "2:8: keep must be 1 to 98\n"
            "4:13: vms names 'a' twice\n"
            "5:11: quiesce must be \"off\", \"prefer\" or \"require\"\n"
            "7:10: server must be a name, without http:// or https://\n"
            "8:1: password may not stand in this file: use 'vmrotate credential add'\n"
            "10:3: unknown key 'keeep'; did you mean 'keep'?\n"
            "11:10: keep must be 1 to 98"}});
}

TEST_CASE("parse: random damage to a file is survived, and told in printable characters")
{
    const std::string original = content(example());
    REQUIRE(original.size() > 1000);
    std::mt19937 random(20260925);
    const auto below = [&](std::size_t limit) { return random() % limit; };
    const std::string pieces[] = {"[",   "]]", "\"",    "'''",         "=",    ".",
                                  "\n",  "{",  "}",     "\\u0000",     "\xff", "\xe3\x81",
                                  "nan", "-0", "1e400", "[[job.a]]\n", "#"};
    int damaged = 0;
    for (int round = 0; round < 20'000; ++round) {
        std::string text = original.substr(below(original.size() / 2), below(original.size()));
        for (std::size_t changes = 1 + below(4); changes > 0 && !text.empty(); --changes) {
            const std::size_t at = below(text.size());
            switch (below(4)) {
                case 0: text[at] = static_cast<char>(below(256)); break;
                case 1: text.erase(at, below(20)); break;
                case 2: text += text.substr(at, below(60)); break;
                default: text.replace(at, 1, pieces[below(std::size(pieces))]); break;
            }
        }
        const Parsed parsed = parse(text, "x");
        damaged += parsed.problems.empty() ? 0 : 1;
        for (const Problem& problem : parsed.problems) {
            const auto characters = vmrotate::characters(problem.message);
            if (problem.line < 1 || problem.column < 1 || characters.size() > 400 ||
                std::ranges::any_of(characters, vmrotate::is_control))
                FAIL("bad problem in round ", round, ": ", sentence("x", {problem}));
        }
    }
    CHECK(damaged > 10'000);
}

TEST_CASE("sentence: a line for each problem")
{
    CHECK(sentence("vmrotate.toml", {{12, 8, "keep must be 1 to 98"}, {13, 1, "b"}}) ==
          "vmrotate.toml:12:8: keep must be 1 to 98\nvmrotate.toml:13:1: b");
    CHECK(sentence("vmrotate.toml", {}) == "");
}

TEST_CASE("load: a file that cannot be read is named")
{
    const auto folder = std::filesystem::temp_directory_path();
    CHECK(message_of_load(folder / "vmrotate-is-not-here.toml") ==
          fmt::format("cannot read the configuration '{}': No such file or directory",
                      (folder / "vmrotate-is-not-here.toml").string()));
    CHECK(message_of_load(folder) ==
          fmt::format("cannot read the configuration '{}': it is a directory", folder.string()));
    CHECK(message_of_load("") == "cannot read the configuration '': No such file or directory");
}

TEST_CASE("load: a file is read up to 1 MiB")
{
    const ScratchFile largest(std::string(1024 * 1024, '\n'));
    CHECK(message_of_load(largest.path) == "");
    const ScratchFile larger(std::string(1024 * 1024 + 1, '\n'));
    CHECK(message_of_load(larger.path) ==
          fmt::format("cannot read the configuration '{}': it is larger than 1 MiB",
                      larger.path.string()));
    const ScratchFile wrong("[defaults]\nkeep = 0\n");
    const Parsed parsed = load(wrong.path);
    CHECK(parsed.config.file == wrong.path.string());
    CHECK(sentence("x", parsed.problems) == "x:2:8: keep must be 1 to 98");
}
