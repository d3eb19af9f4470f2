// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/conflicts.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate::config;

namespace {

struct Row {
    std::string vm;
    std::string job = "nightly";
    std::string datastore = "NFS_durian";
    std::string folder = "backup";
    std::string set = "default";
    std::string prefix = "zz_";
    int keep = 3;
    std::string alias = {};
};

std::string found(const std::vector<Row>& rows)
{
    std::vector<Assignment> assignments;
    for (const Row& row : rows) {
        Policy policy;
        policy.datastore = row.datastore;
        policy.folder = row.folder;
        policy.set = row.set;
        policy.prefix = row.prefix;
        policy.keep = row.keep;
        policy.alias = row.alias;
        assignments.push_back({row.vm, row.job, policy});
    }
    return fmt::format("{}", fmt::join(conflicts(assignments), "\n"));
}

struct Case {
    std::vector<Row> rows;
    std::string sentences = {};
};

void check(const std::vector<Case>& cases)
{
    for (const Case& c : cases) {
        INFO("expected: ", c.sentences);
        CHECK(found(c.rows) == c.sentences);
    }
}

}  // namespace

TEST_CASE("conflicts: assignments that live in peace")
{
    check({
        {{}},
        {{{.vm = "a"}, {.vm = "b"}}},
        {{{.vm = "a"}, {.vm = "a", .job = "hourly"}}},
        {{{.vm = "a"}, {.vm = "A"}}},
        {{{.vm = "a"}, {.vm = "a", .job = "weekly", .set = "weekly", .prefix = "zw_", .keep = 8}}},
        {{{.vm = "a"}, {.vm = "a", .job = "weekly", .folder = "weekly", .keep = 8}}},
        {{{.vm = "a"},
          {.vm = "a",
           .job = "mirror",
           .datastore = "NFS_mango",
           .set = "mirror",
           .prefix = "zm_",
           .keep = 8}}},
        {{{.vm = "a_b"}, {.vm = "b", .folder = "other", .prefix = "zz_a_"}}},
        {{{.vm = "a"}, {.vm = "b", .folder = "other", .alias = "a"}}},
        {{{.vm = "a", .alias = "b"}, {.vm = "b", .alias = "a"}}},
        {{{.vm = "avocado2"}, {.vm = "avocado20"}, {.vm = "avocado2-01"}}},
    });
}

TEST_CASE("conflicts: one set has one datastore")
{
    check({
        {{{.vm = "a"}, {.vm = "a", .job = "mirror", .datastore = "NFS_mango"}},
         "'a': job 'nightly' and job 'mirror' put one set (folder 'backup', set 'default') on two "
         "datastores ('NFS_durian' and 'NFS_mango'); give one of them another set and prefix\n"
         "'a': job 'nightly' and job 'mirror' use the prefix 'zz_' for two sets in the folder "
         "'backup'; give one of them another prefix or folder"},
        {{{.vm = "a"}, {.vm = "a", .job = "mirror", .datastore = "NFS_mango", .folder = "mirror"}}},
    });
}

TEST_CASE("conflicts: two sets of one VM in one folder need two prefixes")
{
    check({
        {{{.vm = "a"}, {.vm = "a", .job = "weekly", .set = "weekly"}},
         "'a': job 'nightly' and job 'weekly' use the prefix 'zz_' for two sets in the folder "
         "'backup'; give one of them another prefix or folder"},
        {{{.vm = "a"}, {.vm = "a", .job = "", .set = "weekly"}},
         "'a': job 'nightly' and the command line use the prefix 'zz_' for two sets in the "
         "folder 'backup'; give one of them another prefix or folder"},
    });
}

TEST_CASE("conflicts: jobs that share a set agree on keep and prefix")
{
    const std::string set = "one set (datastore 'NFS_durian', folder 'backup', set 'default')";
    check({
        {{{.vm = "a"}, {.vm = "a", .job = "weekly", .keep = 8}},
         "'a': job 'nightly' and job 'weekly' differ in keep (3 and 8) for " + set +
             "; make keep equal, or give one of them another set and prefix"},
        {{{.vm = "a"}, {.vm = "a", .job = "weekly", .prefix = "zw_"}},
         "'a': job 'nightly' and job 'weekly' differ in prefix ('zz_' and 'zw_') for " + set +
             "; make the prefix equal, or give one of them another set"},
        {{{.vm = "a"}, {.vm = "a", .job = "weekly", .prefix = "zw_", .keep = 4}},
         "'a': job 'nightly' and job 'weekly' differ in keep (3 and 4) for " + set +
             "; make keep equal, or give one of them another set and prefix\n"
             "'a': job 'nightly' and job 'weekly' differ in prefix ('zz_' and 'zw_') for " +
             set + "; make the prefix equal, or give one of them another set"},
    });
}

TEST_CASE("conflicts: what holds for many VMs is said once")
{
    const std::string rest =
        "job 'nightly' and job 'weekly' use the prefix 'zz_' for two sets in the folder "
        "'backup'; give one of them another prefix or folder";
    check({{{{.vm = "a"},
             {.vm = "b"},
             {.vm = "c"},
             {.vm = "a", .job = "weekly", .set = "weekly"},
             {.vm = "b", .job = "weekly", .set = "weekly"},
             {.vm = "c", .job = "weekly", .set = "weekly"}},
            "'a' (and 2 more): " + rest}});
}

TEST_CASE("conflicts: two VMs never share the names of their generations")
{
    const std::string rest =
        " would bear the same names in the folder 'backup'; give one of them another prefix, "
        "alias or folder";
    check({
        {{{.vm = "a_b"}, {.vm = "b", .prefix = "zz_a_"}},
         "'a_b': the generations of 'a_b' (prefix 'zz_') and 'b' (prefix 'zz_a_')" + rest},
        {{{.vm = "a"}, {.vm = "b", .alias = "a"}},
         "'a': the generations of 'a' (prefix 'zz_') and 'b' (prefix 'zz_', alias 'a')" + rest},
        {{{.vm = "a", .alias = "x"}, {.vm = "b", .alias = "x"}},
         "'a': the generations of 'a' (prefix 'zz_', alias 'x') and 'b' (prefix 'zz_', alias "
         "'x')" +
             rest},
        // whatever the datastores and sets are
        {{{.vm = "a"},
          {.vm = "b", .datastore = "NFS_mango", .set = "weekly", .prefix = "z", .alias = "z_a"}},
         "'a': the generations of 'a' (prefix 'zz_') and 'b' (prefix 'z', alias 'z_a')" + rest},
    });
}
