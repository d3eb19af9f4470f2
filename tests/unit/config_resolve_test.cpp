// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/resolve.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "config/keys.hpp"
#include "config/parse.hpp"

using namespace vmrotate::config;

namespace {

Config configuration(const std::string& toml)
{
    const Parsed parsed = parse(toml, "");
    REQUIRE(sentence("", parsed.problems) == "");
    return parsed.config;
}

const std::string usual = R"(
[defaults]
datastore = "durian"
[job.nightly]
vms = ["web1", "web2", "mail"]
[job.weekly]
vms = ["mail", "files"]
keep = 8
set = "weekly"
prefix = "zw_"
[vm.mail]
quiesce = "prefer"
keep = 5
[vm.lone]
keep = 9
)";

/// "vm job keep datastore" for each, or the message and hint of the error.
template <class Resolve>
std::string told(Resolve&& resolve)
{
    std::vector<std::string> lines;
    try {
        for (const Assignment& a : resolve())
            lines.push_back(fmt::format("{} {} {} {}", a.vm, a.job.empty() ? "-" : a.job,
                                        a.policy.keep, a.policy.datastore));
    } catch (const vmrotate::Error& error) {
        CHECK(error.kind() == vmrotate::ErrorKind::usage);
        return fmt::format("{}\n  hint: {}", error.what(), error.hint());
    }
    return fmt::format("{}", fmt::join(lines, "\n"));
}

using Names = std::vector<std::string>;

struct Case {
    Names vms;
    Names jobs;
    std::string told;
};

void check(const std::string& toml, const std::vector<Case>& cases)
{
    const Config config = configuration(toml);
    for (const Case& c : cases) {
        INFO("vms: ", fmt::format("{}", fmt::join(c.vms, " ")));
        INFO("jobs: ", fmt::format("{}", fmt::join(c.jobs, " ")));
        CHECK(told([&] { return select(config, c.vms, c.jobs, {}); }) == c.told);
    }
}

}  // namespace

TEST_CASE("assignments: every VM of every job")
{
    const std::string all =
        "web1 nightly 3 durian\n"
        "web2 nightly 3 durian\n"
        "mail nightly 5 durian\n"
        "mail weekly 5 durian\n"
        "files weekly 8 durian";
    CHECK(told([] { return assignments(configuration(usual), {}); }) == all);
    check(usual, {{{}, {}, all}});
    CHECK(assignments({}, {}).empty());
}

TEST_CASE("select: the nearer layer wins, key by key")
{
    struct Row {
        std::string toml;
        Layer options;
        std::string folder;
    };
    const Layer option = {policy_setting("folder", "option")};
    const std::string defaults = "[defaults]\ndatastore = 'd'\nfolder = 'defaults'\n";
    const std::string job = "[job.x]\nvms = ['a']\nkeep = 7\n";
    const std::string job_folder = job + "folder = 'job'\n";
    const std::string vm = "[vm.a]\nfolder = 'vm'\n";
    const std::vector<Row> rows = {
        {"[defaults]\ndatastore = 'd'\n" + job, {}, "backup"},
        {defaults + job, {}, "defaults"},
        {defaults + job_folder, {}, "job"},
        {defaults + job_folder + vm, {}, "vm"},
        {defaults + job + vm, {}, "vm"},
        {defaults + job + "[vm.A]\nfolder = 'other'\n", {}, "defaults"},
        {defaults + job_folder + vm, option, "option"},
    };
    for (const Row& row : rows) {
        INFO("toml: ", row.toml);
        const auto found = select(configuration(row.toml), {"a"}, {}, row.options);
        REQUIRE(found.size() == 1);
        CHECK(found[0].policy.folder == row.folder);
        CHECK(found[0].policy.keep == 7);
        CHECK(found[0].policy.datastore == "d");
    }
}

TEST_CASE("select: VMs by name take the settings of the job that they are in")
{
    check(usual, {
                     {{"web2"}, {}, "web2 nightly 3 durian"},
                     {{"files", "web1"}, {}, "files weekly 8 durian\nweb1 nightly 3 durian"},
                     {{"web1", "web1"}, {}, "web1 nightly 3 durian"},
                     {{"lone"}, {}, "lone - 9 durian"},
                     {{"web"}, {}, "web - 3 durian"},  // a prefix is not a name
                     {{"mail"},
                      {},
                      "'mail' is in the jobs 'nightly' and 'weekly'\n"
                      "  hint: say which one is meant: --job nightly"},
                     {{""}, {}, "the name of a VM is empty\n  hint: "},
                     {{"mail", "", "web1"},
                      {},
                      "the name of a VM is empty\n"
                      "'mail' is in the jobs 'nightly' and 'weekly'\n"
                      "  hint: say which one is meant: --job nightly"},
                 });
}

TEST_CASE("select: a word may be a job")
{
    const std::string nightly =
        "web1 nightly 3 durian\nweb2 nightly 3 durian\nmail nightly 5 durian";
    check(
        usual,
        {
            {{"nightly"}, {}, nightly},
            {{"nightly", "lone"}, {}, nightly + "\nlone - 9 durian"},
            {{"lone", "nightly"}, {}, nightly + "\nlone - 9 durian"},
            {{"nightly", "web1"}, {}, nightly},
            {{"nightly", "mail"}, {}, nightly},  // it is in two jobs, and one of them is named
            {{"nightly", "weekly"}, {}, nightly + "\nmail weekly 5 durian\nfiles weekly 8 durian"},
            {{"nightly"},
             {"weekly"},
             "'nightly' is not in job 'weekly'\n"
             "  hint: leave --job out, or add the VM to the job's vms"},
        });
    const Config config = configuration(usual);
    const auto found = select(config, {"nightly", "web1"}, {}, {});
    REQUIRE(found.size() == 3);
    CHECK(found[0].by_name);  // somebody wants this one, whatever the job says
    CHECK_FALSE(found[1].by_name);
}

TEST_CASE("select: a word that is a job and a VM is refused, --job says which")
{
    const std::string both =
        "[defaults]\ndatastore = 'd'\n[job.web]\nvms = ['web', 'mail']\n[job.b]\nvms = ['c']\n"
        "[vm.b]\nkeep = 2\n";
    check(both, {
                    {{"web"},
                     {},
                     "'web' is the name of a job and of a VM\n"
                     "  hint: --job web is the job; for the VM, name its job: --job JOB web"},
                    {{"b"},
                     {},
                     "'b' is the name of a job and of a VM\n"
                     "  hint: --job b is the job; for the VM, name its job: --job JOB b"},
                    {{}, {"web"}, "web web 3 d\nmail web 3 d"},
                    {{"web"}, {"web"}, "web web 3 d"},
                });
}

TEST_CASE("select: a group is neither job nor VM")
{
    check(usual + "[group.shop]\nvms = [\"web1\", \"mail\"]\n[group.lone]\nvms = [\"a\", \"b\"]\n",
          {
              {{"shop"},
               {},
               "'shop' is a group, and no job or VM\n"
               "  hint: name its members, 'web1' and 'mail', or a job that has them"},
              {{"lone"}, {}, "lone - 9 durian"},  // a VM of the configuration bears the name too
          });
}

TEST_CASE("check_words: what is wrong before the VMs are known")
{
    const auto told_of = [](const std::string& toml, const Names& vms, const Names& jobs) {
        return told([&]() -> std::vector<Assignment> {
            check_words(configuration(toml), vms, jobs, {});
            return {};
        });
    };
    const std::string job = "[job.x]\nfolders = ['a']\n";
    const std::string lacking =
        "no datastore is given for job 'x'\n"
        "  hint: use --datastore, or write datastore = \"NAME\" into [defaults]";
    CHECK(told_of(job, {}, {}) == lacking);
    CHECK(told_of(job, {}, {"x"}) == lacking);
    CHECK(told_of(job, {"x"}, {}) == lacking);
    CHECK(told_of(job, {"y"}, {}) == "");
    CHECK(told_of("[defaults]\ndatastore = 'd'\n" + job, {"x"}, {}) == "");
    CHECK(told_of(job + "[vm.x]\nkeep = 2\n", {"x"}, {}).find("of a job and of a VM") !=
          std::string::npos);
    CHECK(told_of(job, {}, {"z"}).find("there is no job 'z'") == 0);
    CHECK(told_of(job, {""}, {}).find("the name of a VM is empty") == 0);
}

TEST_CASE("select: jobs by name, alone and with VMs")
{
    check(usual,
          {
              {{}, {"weekly"}, "mail weekly 5 durian\nfiles weekly 8 durian"},
              {{}, {"weekly", "weekly"}, "mail weekly 5 durian\nfiles weekly 8 durian"},
              {{"mail"}, {"weekly"}, "mail weekly 5 durian"},
              {{"mail"}, {"weekly", "nightly"}, "mail weekly 5 durian\nmail nightly 5 durian"},
              {{"files", "web1"},
               {"weekly", "nightly"},
               "files weekly 8 durian\nweb1 nightly 3 durian"},
              {{"web1"},
               {"weekly"},
               "'web1' is not in job 'weekly'\n"
               "  hint: leave --job out, or add the VM to the job's vms"},
              {{"fiels"},
               {"weekly", "nightly"},
               "'fiels' is not in any of the jobs 'weekly' and 'nightly'; did you mean "
               "'files'?\n"
               "  hint: leave --job out, or add the VM to the job's vms"},
              {{},
               {"nigthly"},
               "there is no job 'nigthly'; did you mean 'nightly'?\n"
               "  hint: the jobs are 'nightly' and 'weekly'"},
              {{},
               {"nigthly", "", "weekly"},
               "there is no job 'nigthly'; did you mean 'nightly'?\n"
               "there is no job ''\n"
               "  hint: the jobs are 'nightly' and 'weekly'"},
              {{"web1"},
               {"hourly"},
               "there is no job 'hourly'\n"
               "  hint: the jobs are 'nightly' and 'weekly'"},
          });
}

TEST_CASE("select: a configuration without jobs")
{
    check("[defaults]\ndatastore = 'd'",
          {
              {{"a", "b"}, {}, "a - 3 d\nb - 3 d"},
              {{},
               {},
               "no VM is given, and the configuration has no jobs\n"
               "  hint: name a VM, or write [job.NAME] with vms = [\"a\", \"b\"]"},
              {{}, {"x"}, "there is no job 'x'\n  hint: the configuration has no jobs"},
          });
}

TEST_CASE("select: a datastore must come from somewhere")
{
    const std::string hint =
        "\n  hint: use --datastore, or write datastore = \"NAME\" into [defaults]";
    const std::string toml = R"(
[job.x]
vms = ["a", "b", "c"]
[job.y]
vms = ["d"]
datastore = "y"
[vm.b]
datastore = "b"
)";
    check(toml, {
                    {{}, {"y"}, "d y 3 y"},
                    {{"b"}, {}, "b x 3 b"},
                    {{"z"}, {}, "no datastore is given for 'z'" + hint},
                    {{},
                     {"x"},
                     "no datastore is given for 'a' of job 'x'\n"
                     "no datastore is given for 'c' of job 'x'" +
                         hint},
                });
    const Config config = configuration(toml);
    CHECK(told([&] { return assignments(config, {}); }) ==
          "no datastore is given for 'a' of job 'x'\n"
          "no datastore is given for 'c' of job 'x'" +
              hint);
    const Layer option = {policy_setting("datastore", "o")};
    CHECK(told([&] { return select(config, {"a", "b"}, {}, option); }) == "a x 3 o\nb x 3 o");
    CHECK(told([&] { return select({}, {"a"}, {}, option); }) == "a - 3 o");
}

TEST_CASE("policy_setting: the command line reads values as the file does")
{
    Policy policy;
    policy_setting("keep", 7)(policy);
    policy_setting("quiesce", "prefer")(policy);
    policy_setting("create_folder", true)(policy);
    CHECK(policy.keep == 7);
    CHECK(policy.quiesce == Quiesce::prefer);
    CHECK(policy.create_folder);
    CHECK(word(policy.quiesce) + word(policy.nics) + word(policy.consolidate) == "preferkeepauto");
    CHECK_THROWS_WITH_AS(policy_setting("keep", 99), "keep must be 1 to 98", vmrotate::Error);
    CHECK_THROWS_WITH_AS(policy_setting("kep", 3), "unknown key 'kep'; did you mean 'keep'?",
                         vmrotate::Error);
    CHECK_THROWS_WITH_AS(vcenter_setting("keep", 3), "unknown key 'keep'", vmrotate::Error);
}
