// SPDX-License-Identifier: GPL-3.0-or-later
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "app.hpp"
#include "fakes/fake_vsphere.hpp"
#include "fakes/memory_store.hpp"
#include "fakes/test_run.hpp"

using namespace vmrotate;

namespace {

/// One command line in process, against a fake server.
struct Shell {
    std::istringstream in;
    std::ostringstream out, err;
    MemoryStore::Content logons{{{"vc", "backup"}, {"secret", ""}}};
    World world;  ///< for its clock
    std::stop_source stop;
    std::string connected;  ///< "vc:443 as backup with secret"

    std::unique_ptr<vimclient::Vsphere> connect(const cli::Connection& connection)
    {
        connected =
            fmt::format("{}:{} as {} with {}", connection.endpoint.host, connection.endpoint.port,
                        connection.logon.user, connection.logon.password);
        auto fake = std::make_unique<FakeVsphere>();
        fake->time = world.time;
        fill(*fake);
        return fake;
    }

    int run(const std::vector<std::string>& arguments)
    {
        cli::Environment environment{
            .in = in,
            .out = out,
            .err = err,
            .screen = {},
            .paths = {{}, "store", "key", "state"},
            .clock = world.clock(),
            .stop = stop.get_token(),
            .signal_exit_code = [] { return 143; },
            .random_id = [] { return id_of(7); },
            .connect = [this](const cli::Connection& c) { return connect(c); },
            .certificate = [](const auto&, const auto&) { return vimclient::Certificate{}; },
            .open_stores =
                [this](const auto&) {
                    return credstore::Chain(std::make_unique<MemoryStore>(logons));
                },
            .lock = [](const auto&, const auto&) { return std::make_unique<TestLock>(); },
            .free_lock = [](const auto&, const auto&) { return TestLock().id(); },
            .ask_password = [](const std::string&) { return credstore::Secret("typed"); },
            .read_password = [] { return credstore::Secret("piped"); },
            .has_terminal = [] { return false; },
            .confirm = [](const std::string&) { return false; },
        };
        return cli::run(arguments, environment);
    }
};

struct Case {
    std::string name;
    std::vector<std::string> arguments;
    int exit_code;
    std::string out, err;
};

const std::vector<Case> cases = {
    {"plan shows where the next generation goes",
     {"plan", "avocado2", "--vcenter", "vc", "--datastore", "durian"},
     0,
     "avocado2: next: zz_avocado2-01-201909250241 (slot 01, seq 1) on durian in 'backup'\n"
     "  copied by esx2 (another host than the source's)\n",
     ""},
    {"a prefix is not a name",
     {"plan", "avocado", "--vcenter", "vc", "--datastore", "durian"},
     1,
     "",
     "vmrotate: avocado: cannot find it: no VM has exactly this name\n"
     "  hint: did you mean 'avocado2'?\n"},
    {"list says that there is nothing yet",
     {"list", "avocado2", "--vcenter", "vc", "--datastore", "durian"},
     0,
     "avocado2: set 'default' on durian in 'backup', keep 3\n"
     "  no generation yet\n",
     ""},
    {"a mistyped verb",
     {"plna"},
     2,
     "",
     "vmrotate: there is no verb 'plna'\n  hint: did you mean 'plan'?\n"},
    {"no verb", {}, 2, "", "vmrotate: no verb is given\n  hint: see 'vmrotate --help'\n"},
    {"no server is named",
     {"plan", "avocado2", "--datastore", "durian"},
     2,
     "",
     "vmrotate: no vCenter is named\n"
     "  hint: give --vcenter HOST, or 'server' under [vcenter] in the configuration\n"},
    {"no logon for that server",
     {"plan", "avocado2", "--vcenter", "other", "--datastore", "durian"},
     12,
     "",
     "vmrotate: no logon for any account at 'other' in the test's memory (it holds no such logon)\n"
     "  hint: run 'vmrotate credential add --vcenter other --user ACCOUNT'\n"},
    {"with --json a failure is a line too",
     {"list", "avocado2", "--vcenter", "other", "--datastore", "durian", "--json"},
     12,
     R"({"schema":1,"type":"summary","verb":"list","result":"logon","changed":false,)"
     R"("exit_code":12,"message":"no logon for any account at 'other' in the test's memory )"
     R"~((it holds no such logon)",)~"
     R"("hint":"run 'vmrotate credential add --vcenter other --user ACCOUNT'"})"
     "\n",
     "vmrotate: no logon for any account at 'other' in the test's memory (it holds no such logon)\n"
     "  hint: run 'vmrotate credential add --vcenter other --user ACCOUNT'\n"},
    {"a VM in quiet mode says nothing when all is well",
     {"backup", "avocado2", "--vcenter", "vc", "--datastore", "durian", "--quiet"},
     0,
     "",
     ""},
    {"prune shows what it would keep",
     {"prune", "avocado2", "--vcenter", "vc", "--datastore", "durian", "--keep", "2", "-n"},
     0,
     "avocado2: keep 2\n",
     ""},
    {"pin takes generations only",
     {"pin", "avocado2", "--vcenter", "vc"},
     4,
     "",
     "vmrotate: avocado2: cannot pin it: it carries no mark: it is no generation\n"
     "  hint: 'vmrotate list VM' shows the generations of a VM\n"},
    {"pin looks at the reason first",
     {"pin", "avocado2", "--reason", "two\nlines"},
     2,
     "",
     "vmrotate: cannot pin it: the reason has a control character or a line break in it\n"
     "  hint: --reason takes a short text; without it, it says who pinned it and when\n"},
    {"release of a VM without a mark",
     {"release", "avocado2", "--vcenter", "vc"},
     0,
     "avocado2: carries no mark: nothing to release\n",
     ""},
    {"adopt where nothing is to be adopted",
     {"adopt", "avocado2", "--vcenter", "vc", "--datastore", "durian", "--yes"},
     0,
     "avocado2: set 'default' on durian in 'backup', 0 generations\n"
     "  no VM is named like a generation of it and is none\n",
     ""},
    {"adopt without a terminal and without --yes",
     {"adopt", "avocado2", "--vcenter", "vc", "--datastore", "durian"},
     2,
     "",
     "vmrotate: there is no terminal to ask at: nothing was contacted\n"
     "  hint: look with --dry-run first, then add --yes\n"},
    {"adopt takes one VM",
     {"adopt", "avocado2", "papaya3", "--vcenter", "vc", "--datastore", "durian", "-n"},
     2,
     "",
     "vmrotate: adopt takes one VM at a time\n  hint: name the VM\n"},
    {"whose logons are stored, without their passwords",
     {"credential", "list"},
     0,
     "SERVER  USER    ADDED                STORED IN, PIN\n"
     "vc      backup  unknown              the test's memory\n"
     "1 logon\n",
     ""},
};

}  // namespace

TEST_CASE("vmrotate: what a command line prints, and its exit code")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        Shell shell;
        CHECK(shell.run(c.arguments) == c.exit_code);
        CHECK(shell.out.str() == c.out);
        CHECK(shell.err.str() == c.err);
    }
}

TEST_CASE("vmrotate: a dry run of a backup prints what plan prints")
{
    Shell plan, dry_run;
    const std::vector<std::string> common = {"avocado2", "--vcenter", "vc", "--datastore",
                                             "durian"};
    std::vector<std::string> arguments = {"plan"};
    arguments.insert(arguments.end(), common.begin(), common.end());
    CHECK(plan.run(arguments) == 0);
    arguments.front() = "backup";
    arguments.emplace_back("--dry-run");
    CHECK(dry_run.run(arguments) == 0);
    CHECK(dry_run.out.str() == plan.out.str());
    CHECK(dry_run.connected == "vc:443 as backup with secret");
}

TEST_CASE("vmrotate: of two VMs of which one is unknown, the other is backed up, and the code is 3")
{
    Shell shell;
    CHECK(shell.run({"backup", "tomato", "avocado2", "--vcenter", "vc", "--datastore", "durian",
                     "--json"}) == 3);
    const std::string out = shell.out.str();
    CHECK(out.find(R"("vm":"tomato","result":"failed","exit_code":1)") != std::string::npos);
    CHECK(out.find(R"("vm":"avocado2","result":"ok","exit_code":0)") != std::string::npos);
    CHECK(out.find(R"("type":"summary","verb":"backup","result":"partial","changed":true,)"
                   R"("exit_code":3,"vms":2,"generations":1,"failed":1)") != std::string::npos);
}

TEST_CASE("vmrotate: several VMs end with a table, and with --json events come before the results")
{
    const std::vector<std::string> words = {"backup", "tomato",      "avocado2", "--vcenter",
                                            "vc",     "--datastore", "durian"};
    Shell people;
    CHECK(people.run(words) == 3);
    const std::string out = people.out.str();
    CHECK(out.find("avocado2: zz_avocado2-01-201909250241 is complete: ") == 0);
    CHECK(out.find("\n2 VMs in ") != std::string::npos);
    CHECK(out.ends_with("  tomato: failed: cannot find it: no VM has exactly this name\n"));

    Shell programs;
    auto with_json = words;
    with_json.emplace_back("--json");
    CHECK(programs.run(with_json) == 3);
    const std::string lines = programs.out.str();
    const std::string made = R"({"schema":1,"type":"backup","vm":"avocado2","result":"ok")";
    for (const std::string type : {"start", "step", "progress"}) {
        INFO("type: ", type);
        CHECK(lines.find(R"({"schema":1,"type":")" + type + R"(","vm":"avocado2","at":"2019-)") <
              lines.find(made));
    }
    CHECK(lines.find(made) < lines.find(R"({"schema":1,"type":"summary")"));

    Shell quiet;
    auto with_quiet = words;
    with_quiet.emplace_back("--quiet");
    CHECK(quiet.run(with_quiet) == 3);
    CHECK(quiet.out.str().empty());
}

TEST_CASE("vmrotate: a stop request before the first change ends with the signal's code")
{
    Shell shell;
    shell.stop.request_stop();
    CHECK(shell.run({"backup", "avocado2", "--vcenter", "vc", "--datastore", "durian"}) == 143);
    CHECK(shell.err.str().find("interrupted: no new generation was made, none was deleted") !=
          std::string::npos);
}

TEST_CASE("credential add: refuses a certificate that nobody confirms, and stores nothing")
{
    Shell shell;
    CHECK(shell.run({"credential", "add", "--vcenter", "new", "--user", "me"}) == 10);
    CHECK(shell.logons.size() == 1);
}
