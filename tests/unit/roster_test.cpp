// SPDX-License-Identifier: GPL-3.0-or-later
#include "fleet/roster.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "config/parse.hpp"

using namespace vmrotate;
using fleet::Candidate;

namespace {

Candidate vm(const std::string& name, const std::string& folder = {}, const std::string& pool = {},
             std::map<std::string, std::string> attributes = {})
{
    Candidate candidate;
    candidate.standing.ref = {"vm-" + name, name};
    candidate.standing.folder = folder;
    candidate.standing.pool = pool;
    candidate.standing.attributes = std::move(attributes);
    return candidate;
}

Candidate generation(const std::string& name, const std::string& folder)
{
    Candidate candidate = vm(name, folder);
    candidate.is_generation = true;
    return candidate;
}

Candidate a_template(const std::string& name, const std::string& folder)
{
    Candidate candidate = vm(name, folder);
    candidate.standing.is_template = true;
    return candidate;
}

std::vector<Candidate> inventory()
{
    return {vm("web2", "Production/web", "gold"),
            vm("web1", "Production/web", "gold/fast"),
            vm("mail", "Production", "goldfish", {{"Backup", "nightly"}, {"Owner", "ann"}}),
            vm("files", "Production2", "", {{"Backup", "weekly"}}),
            vm("web*", "Odd"),
            vm("twin", "Twins"),
            vm("twin", "Production/web"),
            vm("日本", "日本/%2f"),
            a_template("web-template", "Production"),
            generation("zz_web1-01-201909250241", "Production/backup"),
            vm("zz_restored-01-201909250241", "Restored")};
}

/// The VMs of job x, blank between them, and a line for each lack.
std::string told(const std::string& lines, const std::vector<Candidate>& all = inventory())
{
    const auto parsed = config::parse("[job.x]\n" + lines, "");
    REQUIRE(config::sentence("", parsed.problems) == "");
    const auto roster = fleet::resolve(parsed.config, all);
    std::string text = fmt::format("{}", fmt::join(roster.config.jobs.at("x").vms, " "));
    for (const fleet::Lack& lack : roster.lacks) {
        CHECK(lack.job == "x");
        text += fmt::format("\n{}: {}", lack.line, lack.error.what());
    }
    return text;
}

struct Case {
    std::string lines, told;
};

void check(const std::vector<Case>& cases)
{
    for (const Case& c : cases) {
        INFO(c.lines);
        CHECK(told(c.lines) == c.told);
    }
}

}  // namespace

TEST_CASE("resolve: names and patterns of names")
{
    check({
        {"vms = ['mail', 'web1']", "mail web1"},
        {"vms = ['nobody']", "nobody"},  // whoever looks for it says that it is not there
        {"vms = ['web?']", "web* web1 web2"},
        {"vms = ['web*']", "web*"},  // a VM has exactly this name
        {"vms = ['we*']", "web* web1 web2"},
        {"vms = ['web1', 'web?']", "web1 web* web2"},
        {"vms = ['*a*']", "mail"},
        {"vms = ['zz_*']", "zz_restored-01-201909250241"},  // a copy that left its place is a VM
        {"vms = ['日*']", "日本"},
        {"vms = ['x*', 'mail']",
         "mail\nx*: job 'x' means no VM by 'x*': there is none whose name fits it"},
    });
}

TEST_CASE("resolve: folders and pools mean what is in and below them")
{
    const std::string twins =
        "job 'x' cannot tell which one is meant by '{}': 2 VMs have the name 'twin'";
    check({
        {"folders = ['Production/web']",
         "web1 web2\nProduction/web: " + fmt::format(fmt::runtime(twins), "Production/web")},
        {"folders = ['Production']\nexclude = ['twin']", "mail web1 web2"},
        {"folders = ['Odd', '日本']", "web* 日本"},
        {"folders = ['日本/%2f']", "日本"},
        {"folders = ['Prod']",
         "\nProd: job 'x' means no VM by 'Prod': there is none in a folder of this path, or below "
         "it"},
        {"folders = ['Production/backup']",
         "\nProduction/backup: job 'x' means no VM by 'Production/backup': there is none in a "
         "folder of this path, or below it"},
        {"pools = ['gold']", "web1 web2"},
        {"pools = ['gold/fast']", "web1"},
        {"pools = ['silver']",
         "\nsilver: job 'x' means no VM by 'silver': there is none in a resource pool of this "
         "path, or below it"},
    });
}

TEST_CASE("resolve: attributes mean the VMs with this value")
{
    check({
        {"attributes = ['Backup=nightly']", "mail"},
        {"attributes = ['Backup=weekly', 'Owner=ann']", "files mail"},
        {"attributes = ['Backup=night']",
         "\nBackup=night: job 'x' means no VM by 'Backup=night': there is none with this custom "
         "attribute"},
        {"attributes = ['backup=nightly']",
         "\nbackup=nightly: job 'x' means no VM by 'backup=nightly': there is none with this "
         "custom attribute"},
    });
}

TEST_CASE("resolve: the lines add up, nothing twice, and what is excluded goes")
{
    check({
        {"vms = ['mail']\nfolders = ['Production']\npools = ['gold']\nexclude = ['twin']",
         "mail web1 web2"},
        {"vms = ['mail', 'web1']\nexclude = ['mail']", "web1"},
        {"vms = ['web1', 'web2', 'mail']\nexclude = ['web?']", "mail"},
        {"vms = ['mail']\nexclude = ['*']", ""},
    });
}

TEST_CASE("resolve: other jobs are left as they are, and each has its own lacks")
{
    const auto parsed =
        config::parse("[job.a]\nvms = ['x*']\nkeep = 7\n[job.b]\nvms = ['mail']\n", "");
    const auto roster = fleet::resolve(parsed.config, inventory());
    CHECK(roster.config.jobs.at("a").vms.empty());
    CHECK(roster.config.jobs.at("a").settings.size() == 1);
    CHECK(roster.config.jobs.at("b").vms == std::vector<std::string>{"mail"});
    REQUIRE(roster.lacks.size() == 1);
    CHECK(roster.lacks[0].job == "a");
}

TEST_CASE("has_patterns: names alone need no inventory")
{
    const auto has = [](const std::string& lines) {
        return fleet::has_patterns(config::parse("[job.x]\n" + lines, "").config);
    };
    CHECK_FALSE(has("vms = ['a', 'b[1]']"));
    CHECK(has("vms = ['a', 'b*']"));
    CHECK(has("vms = ['a', 'b?']"));
    CHECK(has("folders = ['a']"));
    CHECK(has("pools = ['a']"));
    CHECK(has("attributes = ['a=b']"));
    CHECK(has("vms = ['a']\nexclude = ['b']"));
}
