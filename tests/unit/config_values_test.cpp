// SPDX-License-Identifier: GPL-3.0-or-later
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "unit/config_problems.hpp"

using namespace vmrotate::config;

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
    const std::vector<TomlCase> cases = {
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
    for (const TomlCase& c : cases)
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
    const std::vector<TomlCase> cases = {
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
    for (const TomlCase& c : cases) {
        INFO(c.toml);
        CHECK(problems_of("[defaults]\n" + c.toml).ends_with(": " + c.problems));
        CHECK(problems_of("[job.x]\nvms = ['a']\n" + c.toml).ends_with(": " + c.problems));
        CHECK(problems_of("[vm.x]\n" + c.toml).ends_with(" belongs into [job.NAME] or [defaults]"));
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
