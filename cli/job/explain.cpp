// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/explain.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include <fmt/format.h>

namespace vmrotate::job {
namespace {

using Kind = vimclient::Fault::Kind;

struct Sentence {
    std::string_view type;
    const char* text;
    const char* hint;
};

/// What the commoner faults mean, by type name; the server's own text is often less clear.
constexpr std::array sentences = {
    Sentence{"NoDiskSpace", "the datastore is full",
             "make room on it or choose another with --datastore"},
    Sentence{"InsufficientStorageSpace", "the datastore has not enough room",
             "make room on it or choose another with --datastore"},
    Sentence{"ApplicationQuiesceFault", "the guest's applications could not be brought to rest",
             "look into the guest's log, or set quiesce = \"prefer\" or \"off\" for this VM"},
    Sentence{"FilesystemQuiesceFault", "the guest's file systems could not be brought to rest",
             "look into the guest's log, or set quiesce = \"prefer\" or \"off\" for this VM"},
    Sentence{"TooManySnapshotLevels", "the VM has too many snapshots",
             "remove snapshots of the VM in the vSphere Client"},
    Sentence{"HostNotConnected", "the host is not connected to vCenter",
             "reconnect the host in the vSphere Client"},
    Sentence{"HostNotReachable", "vCenter cannot reach the host", ""},
    Sentence{"RestrictedVersion", "the licence of the host does not allow it", ""},
    Sentence{"InvalidPowerState", "the VM's power state does not allow it", ""},
    Sentence{"FileLocked", "a file of the VM is locked",
             "another backup tool may hold it; the next run tries again"},
};

ErrorKind kind_of(Kind kind)
{
    switch (kind) {
        case Kind::unreachable:
        case Kind::untrusted: return ErrorKind::unreachable;
        case Kind::logon: return ErrorKind::logon;
        case Kind::privilege: return ErrorKind::privilege;
        case Kind::busy: return ErrorKind::busy;
        case Kind::not_found:
        case Kind::duplicate_name:
        case Kind::no_space:
        case Kind::quiesce:
        case Kind::unsupported:
        case Kind::cancelled:
        case Kind::refused: break;
    }
    return ErrorKind::failed;
}

const char* hint_of(Kind kind)
{
    switch (kind) {
        case Kind::untrusted:
            return "compare the fingerprint with the server's, then run 'vmrotate credential "
                   "trust', "
                   "or give its CA with --ca-file";
        case Kind::logon:
            return "'vmrotate credential test' tries the stored logon, 'vmrotate credential add' "
                   "stores a new one";
        case Kind::privilege: return "give the account this privilege in vCenter";
        case Kind::busy: return "the next run tries again";
        case Kind::duplicate_name:
            return "another VM of the folder has this name; try again in a minute";
        case Kind::cancelled: return "somebody cancelled the task in vCenter; run it again";
        default: return "";
    }
}

std::string with_type(const std::string& text, const std::string& type)
{
    if (type.empty() || text.find(type) != std::string::npos)
        return text;
    return fmt::format("{} ({})", text, type);
}

}  // namespace

Error explain(const vimclient::Fault& fault, const std::string& what)
{
    std::string text = fault.what();
    std::string hint = hint_of(fault.kind());
    if (dynamic_cast<const vimclient::OutcomeUnknown*>(&fault) != nullptr)
        return {kind_of(fault.kind()),
                fmt::format("cannot tell whether vCenter could {}: {}", what,
                            with_type(text, fault.type())),
                "look at vCenter's recent tasks; the next run looks first, and repeats nothing "
                "blindly"};
    const auto* found = std::ranges::find(sentences, fault.type(), &Sentence::type);
    if (found != sentences.end()) {
        text = found->text;
        hint = found->hint;
    }
    return {kind_of(fault.kind()),
            fmt::format("cannot {}: {}", what, with_type(text, fault.type())), hint};
}

}  // namespace vmrotate::job
