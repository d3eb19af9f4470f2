// SPDX-License-Identifier: GPL-3.0-or-later
#include <string>

#include <doctest/doctest.h>

#include "unit/config_problems.hpp"

using namespace vmrotate::config;

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
    CHECK(problems_of(deep + " = 1") == "1:130: too many dots");
    CHECK(problems_of(std::string(100'000, '[')).find("1:") == 0);
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
        {"[defaults]\nmax_freeze = '7s'",
         "2:14: max_freeze is of no use without probe: write probe = \"tcp:22\" (a port of the "
         "guest) or \"icmp\" beside it"},
        {"[defaults]\nmax_freeze = '7s'\n[vm.a]\nprobe = 'icmp'", ""},
        {"[defaults]\nmax_freeze = '0'\n[vm.a]\nmax_freeze = '5s'", ""},
        {"[job.a]\nvms = ['a']\ntags = ['b']",
         "3:1: unknown key 'tags'; vSphere tags cannot be read: use a custom attribute, attributes "
         "= [\"NAME=VALUE\"]"},
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
    CHECK(problems_of("[vcenter]\nserver = 'root:hunter2@vc'").find("hunter2") ==
          std::string::npos);
}
