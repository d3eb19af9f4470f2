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

/// "line:column: message" for each problem.
std::string problems(const std::string& toml)
{
    std::string text = sentence("", parse(toml, "").problems);
    if (text.starts_with(':'))
        text.erase(0, 1);
    for (auto at = text.find("\n:"); at != std::string::npos; at = text.find("\n:", at))
        text.erase(at + 1, 1);
    return text;
}

struct Case {
    std::string toml;
    std::string problems;
};

void check(const std::vector<Case>& cases)
{
    for (const Case& c : cases) {
        INFO("toml: ", c.toml);
        CHECK(problems(c.toml) == c.problems);
    }
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

TEST_CASE("parse: mistakes of TOML are told with their place")
{
    check({
        {"a = ", "1:5: syntax error in key-value pair: encountered end-of-file"},
        {"[defaults\nkeep = 3", "1:10: syntax error in table header: expected ']', saw '\\n'"},
        {"[defaults]\nkeep = 3\nkeep = 4",
         "3:8: syntax error in key-value pair: cannot redefine existing integer 'keep'"},
        {"[defaults]\n[defaults]",
         "2:1: syntax error in table header: cannot redefine existing table 'defaults'"},
        {"a = \"\xff\"", "1:5: syntax error: Encountered invalid utf-8 sequence"},
        {"[vm.日本]", "1:5: '日本' may stand in quotes or comments only"},
        {"# 日\n[defaults]\nset = '日\"' # 日\n'日' = \"\\\"日\" 日é x",
         "4:13: '日é' may stand in quotes or comments only"},
        {"[defaults]\nset = \"日\nkeep = ３", "3:8: '３' may stand in quotes or comments only"},
        {"a = \"\"\"\n日 \"\" ' # \"\"\"\" é", "2:15: 'é' may stand in quotes or comments only"},
        {"a = '''\n日\\''' é", "2:7: 'é' may stand in quotes or comments only"},
        {"\xef\xbb\xbf"
         "é",
         "1:1: 'é' may stand in quotes or comments only"},
        {"[[[",
         "1:3: syntax error in key: expected bare key starting character or string delimiter, saw "
         "'['"},
        {"a" + std::string(100, '.') + "a = 1", "1:66: too many dots"},
        {"x = 1\n  [b" + std::string(100, '.') + "]", "2:69: too many dots"},
    });
    // a document that deep would cost more stack than there is
    std::string deep = "a";
    for (int i = 0; i < 100'000; ++i)
        deep += ".a";
    CHECK(problems(deep + " = 1") == "1:130: too many dots");
    CHECK(problems(std::string(100'000, '[')).find("1:") == 0);
}

TEST_CASE("parse: unknown names are told with the nearest right one, or with their place")
{
    check({
        {"[default]", "1:2: unknown table 'default'; did you mean 'defaults'?"},
        {"[jobs.a]\nvms = ['a']", "1:2: unknown table 'jobs'; did you mean 'job'?"},
        {"[colour]", "1:2: unknown table 'colour'"},
        {"colour = 1", "1:1: unknown key 'colour'"},
        {"keep = 3", "1:1: keep belongs into [defaults]"},
        {"server = 'a'", "1:1: server belongs into [vcenter]"},
        {"vms = ['a']", "1:1: vms belongs into [job.NAME]"},
        {"alias = 'a'", "1:1: alias belongs into [vm.\"NAME\"]"},
        {"[defaults]\nkeeep = 3", "2:1: unknown key 'keeep'; did you mean 'keep'?"},
        {"[defaults]\nKeep = 3", "2:1: unknown key 'Keep'; did you mean 'keep'?"},
        {"[defaults]\n'' = 3", "2:1: unknown key ''"},
        {"[defaults]\nserver = 'a'", "2:1: server belongs into [vcenter]"},
        {"[vcenter]\nkeep = 3", "2:1: keep belongs into [defaults]"},
        {"[vcenter]\nsevrer = 'a'", "2:1: unknown key 'sevrer'; did you mean 'server'?"},
        {"[defaults]\nalias = 'a'", "2:1: alias belongs into [vm.\"NAME\"]"},
        {"[job.x]\nvms = ['a']\nalias = 'a'", "3:1: alias belongs into [vm.\"NAME\"]"},
        {"[vm.a]\nvms = ['a']", "2:1: vms belongs into [job.NAME]"},
        {"[defaults]\nvms = ['a']", "2:1: vms belongs into [job.NAME]"},
        {"[job.x]\nvms = ['a']\nvm = ['b']", "3:1: unknown key 'vm'; did you mean 'vms'?"},
        {"[job.x]\nvms = ['a']\n[job.x.vm]", "3:8: unknown table 'vm'; did you mean 'vms'?"},
        {"[defaults]\n\"a\\u001b[2J\" = 1", "2:1: unknown key 'a?[2J'"},
    });
}

TEST_CASE("parse: tables are tables, and names are names")
{
    check({
        {"vcenter = 'a'", "1:11: vcenter must be a table: [vcenter]"},
        {"[[defaults]]\nkeep = 3", "1:1: defaults must be a table: [defaults]"},
        {"[[job]]\nvms = ['a']", "1:1: job must be a table: [job]"},
        {"[job]\nvms = ['a']", "2:1: 'vms' must stand in a table [job.NAME]"},
        {"[vm]\nkeep = 3", "2:1: 'keep' must stand in a table [vm.\"NAME\"]"},
        {"[[vm.a]]\nkeep = 3", "1:6: 'a' must stand in a table [vm.\"NAME\"]"},
        {"[job.\"\"]\nvms = ['a']", "1:6: the name in [job.NAME] may not be empty"},
        {"[vm.\"a\\tb\"]", "1:5: the name in [vm.\"NAME\"] may not contain control characters"},
        {"[job.x]", "1:6: job 'x' has no vms"},
        {"[job.x]\nvms = []", "2:7: vms must name at least one VM"},
        {"[job.x]\nvms = 'a'", "2:7: vms must be a list of names: [\"a\", \"b\"]"},
        {"[job.x]\nvms = ['a', 1, ['b']]",
         "2:13: a name in vms must be text in quotes\n2:16: a name in vms must be text in quotes"},
        {"[job.x]\nvms = ['a', '']", "2:13: a name in vms may not be empty"},
        {"[job.x]\nvms = [\"a\\u0000\"]", "2:8: a name in vms may not contain control characters"},
        {"[job.x]\nvms = ['a', 'b',\n  'a']", "3:3: vms names 'a' twice"},
        {"[job.x]\nvms = ['日本', '日本']", "2:14: vms names '日本' twice"},
    });
}

TEST_CASE("parse: a password is refused wherever it stands, and never repeated")
{
    const std::string rest = " may not stand in this file: use 'vmrotate credential add'";
    check({
        {"password = 'hunter2'", "1:1: password" + rest},
        {"[vcenter]\npassword = 'hunter2'", "2:1: password" + rest},
        {"[vcenter]\nPassWord = 12", "2:1: PassWord" + rest},
        {"[defaults]\npassphrase = 'hunter2'", "2:1: passphrase" + rest},
        {"[job]\npassword = 'hunter2'", "2:1: password" + rest},
        {"[colour.red]\npassword = 'hunter2'", "1:2: unknown table 'colour'\n2:1: password" + rest},
        {"a = [[{ password = 'hunter2' }]]", "1:1: unknown key 'a'\n1:9: password" + rest},
    });
    CHECK(problems("[vcenter]\nserver = 'root:hunter2@vc'").find("hunter2") == std::string::npos);
}

TEST_CASE("parse: values of [vcenter]")
{
    const std::string server =
        "2:10: server must be a name or an address, perhaps with a port: "
        "\"vcenter.example.com:443\"";
    const std::string fingerprint =
        "2:15: fingerprint must be a SHA-256 fingerprint: 64 hexadecimal digits, \"AB:CD:...\" "
        "or \"abcd...\"";
    const std::string digits(63, 'a');
    const auto with = [](const std::string& key, const std::string& value) {
        return "[vcenter]\n" + key + " = '" + value + "'";
    };
    check({
        {with("server", "http://vc"), "2:10: server must be a name, without http:// or https://"},
        {with("server", "https://u:p@vc/sdk"),
         "2:10: server must be a name, without http:// or https://"},
        {with("server", "root@vc"), "2:10: server must be a name, without a user"},
        {with("server", "vc/sdk"), server},
        {with("server", "vc:"), server},
        {with("server", "vc:0"), server},
        {with("server", "vc:65536"), server},
        {with("server", "vc:443:443"), server},
        {with("server", "vc:443x"), server},
        {with("server", "::1"), server},
        {with("server", "[::1"), server},
        {with("server", "[]:443"), server},
        {with("server", "[::1]443"), server},
        {with("server", "my server"), server},
        {with("server", ":443"), server},
        {with("server", "-vc"), server},
        {with("server", ""), "2:10: server may not be empty"},
        {"[vcenter]\nserver = 1", "2:10: server must be text in quotes"},
        {with("user", ""), "2:8: user may not be empty"},
        {"[vcenter]\nuser = \"a\\nb\"", "2:8: user may not contain control characters"},
        {with("fingerprint", digits), fingerprint},
        {with("fingerprint", digits + "g"), fingerprint},
        {with("fingerprint", digits + "aa"), fingerprint},
        {with("fingerprint", "md5:" + digits + "a"), fingerprint},
        {with("fingerprint", std::string(95, 'a')), fingerprint},
        {"[vcenter]\nretry_for = 900",
         "2:13: retry_for must be a duration in quotes, such as \"90s\", \"15min\", \"2h\" or "
         "\"1d\""},
    });
}

TEST_CASE("parse: values of a policy")
{
    const std::string duration =
        " must be a duration in quotes, such as \"90s\", \"15min\", \"2h\" or \"1d\"";
    const std::string probe =
        "9: probe must be \"off\", \"icmp\", or \"tcp:\" and a port, such as \"tcp:22\"";
    const std::string quiesce = "quiesce must be \"off\", \"prefer\" or \"require\"";
    const std::vector<Case> cases = {
        {"keep = 0", "8: keep must be 1 to 98"},
        {"keep = 99", "8: keep must be 1 to 98"},
        {"keep = -1", "8: keep must be 1 to 98"},
        {"keep = 4294967297", "8: keep must be 1 to 98"},
        {"keep = '3'", "8: keep must be a number, 1 to 98"},
        {"keep = 3.0", "8: keep must be a number, 1 to 98"},
        {"keep = true", "8: keep must be a number, 1 to 98"},
        {"keep = [3]", "8: keep must be a number, 1 to 98"},
        {"datastore = ''", "13: datastore may not be empty"},
        {"datastore = ['a']", "13: datastore must be text in quotes"},
        {"datastore = 2026-01-01", "13: datastore must be text in quotes"},
        {"folder = ''", "10: folder may not be empty"},
        {"folder = '/backup'", "10: folder may not begin or end with /"},
        {"folder = 'backup/'", "10: folder may not begin or end with /"},
        {"folder = 'a//b'", "10: folder may not contain //"},
        {"prefix = ''", "10: prefix may not be empty"},
        {"prefix = 'a b'", "10: prefix may not contain blanks"},
        {"prefix = 'a/b'", "10: prefix may not contain /"},
        {"prefix = 'a%'", "10: prefix may not contain %"},
        {"prefix = 'a*'", "10: prefix may not contain *"},
        {R"(prefix = 'a\')", R"(10: prefix may not contain \)"},
        {"prefix = 'abcdefghijklmnopqrstu'", "10: prefix may have 20 characters, this has 21"},
        {"set = ''", "7: set may not be empty"},
        {"set = 'a b'", "7: set may contain only A-Z a-z 0-9 . _ -"},
        {"set = 'é'", "7: set may contain only A-Z a-z 0-9 . _ -"},
        {"set = '" + std::string(33, 'a') + "'", "7: set may have 32 characters, this has 33"},
        {"host = ''", "8: host may not be empty"},
        {"quiesce = 'on'", "11: " + quiesce},
        {"quiesce = 'Off'", "11: " + quiesce},
        {"quiesce = false", "11: " + quiesce},
        {"quiesce = ''", "11: " + quiesce},
        {"nics = 'off'", "8: nics must be \"keep\" or \"disconnected\""},
        {"consolidate = 'automatic'", "15: consolidate must be \"auto\" or \"never\""},
        {"create_folder = 'true'", "17: create_folder must be true or false"},
        {"create_folder = 1", "17: create_folder must be true or false"},
        {"min_age = '5m'", "11: min_age" + duration},
        {"min_age = ''", "11: min_age" + duration},
        {"thaw = '/bin/x'",
         "8: thaw must be a list of texts: [\"/path/of/a/program\", \"an argument\"]"},
        {"thaw = ['/bin/x', 3]",
         "8: thaw must be a list of texts: [\"/path/of/a/program\", \"an argument\"]"},
        {"thaw = ['x', '/y']",
         "8: thaw must begin with the absolute path of a program, not with 'x'"},
        {"thaw = ['']", "8: thaw must begin with the absolute path of a program, not with ''"},
        {"thaw = ['/x', \"a\\u0000b\"]", "8: thaw may not contain the character 0"},
        {"probe = 'tcp'", probe},
        {"probe = 'tcp:0'", probe},
        {"probe = 'tcp:65536'", probe},
        {"probe = 'tcp: 22'", probe},
        {"probe = 22", probe},
        {"probe_address = ''", "17: probe_address may not be empty"},
        {"hook_failure = 'stop'", "16: hook_failure must be \"fail\" or \"skip\""},
        {"hook_timeout = '0'", "16: hook_timeout must be a second at least"},
        {"task_limit = '0'", "14: task_limit must be a second at least"},
        {"task_wait = '-1s'", "13: task_wait" + duration},
    };
    for (const Case& c : cases)
        check({
            {"[defaults]\n" + c.toml, "2:" + c.problems},
            {"[job.x]\nvms = ['a']\n" + c.toml, "3:" + c.problems},
            {"[vm.x]\n\n\n" + c.toml, "4:" + c.problems},
        });
    check({
        {"[vm.x]\nalias = ''", "2:9: alias may not be empty"},
        {"[vm.x]\nalias = 'a/b'", "2:9: alias may not contain /"},
        {"[vm.x]\nalias = ' a'", "2:9: alias may not begin or end with a blank"},
        {"[vm.x]\nalias = '" + std::string(81, 'a') + "'",
         "2:9: alias may have 80 characters, this has 81"},
    });
}

TEST_CASE("parse: values of a job")
{
    const std::string window = "window must be two times of day in quotes, such as \"01:00-05:30\"";
    const std::string words =
        "days must be \"mon\", \"tue\", \"wed\", \"thu\", \"fri\", \"sat\" or \"sun\"";
    const std::vector<Case> cases = {
        {"concurrency = 0", "concurrency must be a number, 1 to 100"},
        {"per_host = 101", "per_host must be a number, 1 to 100"},
        {"per_source_datastore = '2'", "per_source_datastore must be a number, 1 to 100"},
        {"window = 1", "window must be two times of day in quotes, such as \"01:00-05:30\""},
        {"window = ''", window},
        {"window = '01:00'", window},
        {"window = '1:00-05:30'", window},
        {"window = '01:00-24:00'", window},
        {"window = '01:00-05:60'", window},
        {"window = '01:00 05:30'", window},
        {"window = '01:00-05:30x'", window},
        {"window = '01:00-01:00'", "window must end at another time than it begins"},
        {"days = 'mon'", "days must be a list of days: [\"mon\", \"fri\"]"},
        {"days = []", "days must be a list of days: [\"mon\", \"fri\"]"},
        {"days = [1]", "days must be a list of days: [\"mon\", \"fri\"]"},
        {"days = ['Mon']", words},
        {"days = ['mon', 'tue', 'mon']", "days names 'mon' twice"},
        {"window_is_failure = 1", "window_is_failure must be true or false"},
    };
    for (const Case& c : cases) {
        INFO(c.toml);
        CHECK(problems("[defaults]\n" + c.toml).ends_with(": " + c.problems));
        CHECK(problems("[job.x]\nvms = ['a']\n" + c.toml).ends_with(": " + c.problems));
        CHECK(problems("[vm.x]\n" + c.toml).ends_with(" belongs into [defaults]"));
    }
    check({
        {"[job.x]\nfolders = ['a']", ""},
        {"[job.x]\nexclude = ['a']", "1:6: job 'x' has no vms"},
        {"[job.x]\nfolders = ['/a']", "2:12: a name in folders may not begin or end with /"},
        {"[job.x]\npools = []", "2:9: pools must name at least one"},
        {"[job.x]\nattributes = ['a']",
         "2:15: a name in attributes must be a custom attribute and its value: \"NAME=VALUE\""},
        {"[job.x]\nattributes = ['=a', 'a=', 'a=b']",
         "2:15: a name in attributes must be a custom attribute and its value: \"NAME=VALUE\"\n"
         "2:21: a name in attributes must be a custom attribute and its value: \"NAME=VALUE\""},
        {"[defaults]\nfolders = ['a']", "2:1: folders belongs into [job.NAME]"},
        {"[vm.x]\nexclude = ['a']", "2:1: exclude belongs into [job.NAME]"},
        {"exclude = ['a']", "1:1: exclude belongs into [job.NAME]"},
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
