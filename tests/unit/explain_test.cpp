// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/explain.hpp"

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "fakes/test_run.hpp"

using namespace vmrotate;
using vimclient::Fault;
using vimclient::OutcomeUnknown;
using Kind = vimclient::Fault::Kind;

namespace {

struct Case {
    std::string name;
    Fault fault;
    std::string told;
    std::string hint;  ///< how it begins
};

const std::vector<Case> cases = {
    {"no server: the exit code of one that does not answer",
     {Kind::unreachable, "connection refused"},
     "unreachable: cannot clone: connection refused",
     ""},
    {"not the server that we know: likewise, and what to compare",
     {Kind::untrusted, "the certificate is another one"},
     "unreachable: cannot clone: the certificate is another one",
     "compare the fingerprint"},
    {"a wrong password",
     {Kind::logon, "Cannot complete login.", "InvalidLogin"},
     "logon: cannot clone: Cannot complete login. (InvalidLogin)",
     "'vmrotate credential test'"},
    {"a missing privilege: which one stays readable",
     {Kind::privilege, "VirtualMachine.Provisioning.Clone is missing", "NoPermission"},
     "privilege: cannot clone: VirtualMachine.Provisioning.Clone is missing (NoPermission)",
     "give the account this privilege"},
    {"a VM at work",
     {Kind::busy, "Another task is already in progress.", "TaskInProgress"},
     "busy: cannot clone: Another task is already in progress. (TaskInProgress)",
     "the next run tries again"},
    {"something vanished",
     {Kind::not_found, "The object has been deleted.", "ManagedObjectNotFound"},
     "failed: cannot clone: The object has been deleted. (ManagedObjectNotFound)",
     ""},
    {"a name that is taken",
     {Kind::duplicate_name, "The name already exists.", "DuplicateName"},
     "failed: cannot clone: The name already exists. (DuplicateName)",
     "another VM of the folder has this name"},
    {"a full datastore, in our words",
     {Kind::no_space, "Insufficient disk space on datastore ''.", "NoDiskSpace"},
     "failed: cannot clone: the datastore is full (NoDiskSpace)",
     "make room on it"},
    {"a datastore that would be full, in our words",
     {Kind::no_space, "Insufficient.", "InsufficientStorageSpace"},
     "failed: cannot clone: the datastore has not enough room (InsufficientStorageSpace)",
     "make room on it"},
    {"a guest that cannot be brought to rest",
     {Kind::quiesce, "An error occurred.", "ApplicationQuiesceFault"},
     "failed: cannot clone: the guest's applications could not be brought to rest "
     "(ApplicationQuiesceFault)",
     "look into the guest's log"},
    {"a licence that does not allow it: no hint of ours is better",
     {Kind::unsupported, "Current license prohibits.", "RestrictedVersion"},
     "failed: cannot clone: the licence of the host does not allow it (RestrictedVersion)",
     ""},
    {"somebody's cancel",
     {Kind::cancelled, "The task was canceled by a user.", "RequestCanceled"},
     "failed: cannot clone: The task was canceled by a user. (RequestCanceled)",
     "somebody cancelled the task"},
    {"a fault that nobody knows keeps the server's words",
     {Kind::refused, "Something odd.", "VAppConfigFault"},
     "failed: cannot clone: Something odd. (VAppConfigFault)",
     ""},
    {"a type that the words name already is not said twice",
     {Kind::refused, "InvalidArgument: spec.disk", "InvalidArgument"},
     "failed: cannot clone: InvalidArgument: spec.disk",
     ""},
    {"a locked file: the words are ours, the kind is the server's",
     {Kind::refused, "Unable to access file", "FileLocked"},
     "failed: cannot clone: a file of the VM is locked (FileLocked)",
     "another backup tool"},
};

}  // namespace

TEST_CASE("explain: each fault becomes a sentence with its exit code, and its type stays visible")
{
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        const Error error = job::explain(c.fault, "clone");
        CHECK(told([&] { throw error; }) == c.told);
        CHECK(error.hint().substr(0, c.hint.size()) == c.hint);
        CHECK(error.hint().empty() == c.hint.empty());
    }
}

TEST_CASE("explaining: what was done well is handed back")
{
    CHECK(job::explaining("count", [] { return 42; }) == 42);
}

TEST_CASE("explaining: a fault comes out as an Error")
{
    CHECK(told([] {
              job::explaining("read the VM", [] { throw Fault(Kind::busy, "not now"); });
          }) == "busy: cannot read the VM: not now");
}

TEST_CASE("explaining: an unknown outcome passes, as somebody must look")
{
    CHECK_THROWS_AS(
        job::explaining("clone", [] { throw OutcomeUnknown(Kind::unreachable, "reply lost"); }),
        OutcomeUnknown);
}

TEST_CASE("explaining: an Error and a Ctrl-C pass as they are")
{
    CHECK(told([] { job::explaining("clone", [] { throw Error(ErrorKind::refused, "no"); }); }) ==
          "refused: no");
    CHECK(told([] { job::explaining("clone", [] { throw vimclient::Cancelled{}; }); }) ==
          "cancelled");
}
