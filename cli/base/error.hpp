// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace vmrotate {

/// What a failure means to the person or the script that started us.
/// The values are the exit codes; they are documented and never renumbered.
enum class ErrorKind {
    failed = 1,         ///< the work could not be done
    usage = 2,          ///< the command line or the configuration is wrong
    some_failed = 3,    ///< of several VMs, some have no new generation
    refused = 4,        ///< a guard said no: what it kept stays as it is
    unreachable = 10,   ///< the server does not answer, or is not the one we know
    busy = 11,          ///< another run is at work on this VM, or was interrupted
    logon = 12,         ///< no logon, or the server does not accept it
    privilege = 13,     ///< the account may not do this
    interrupted = 130,  ///< by Ctrl-C; 143 after SIGTERM, 129 after SIGHUP
};

/// The only exception this program throws on purpose.
///
/// The message says what could not be done and why, in that order, without a final stop:
/// "cannot create the snapshot: the VM is being migrated". The hint, if there is one, says
/// what to do next.
class Error : public std::runtime_error {
public:
    Error(ErrorKind kind, const std::string& message, std::string hint = {})
        : std::runtime_error(message), kind_(kind), hint_(std::move(hint))
    {
    }

    ErrorKind kind() const noexcept { return kind_; }
    const std::string& hint() const noexcept { return hint_; }

    /// The same error seen from one level further out: "avocado2: cannot ...".
    Error within(std::string_view where) const
    {
        return {kind_, std::string(where) + ": " + what(), hint_};
    }

private:
    ErrorKind kind_;
    std::string hint_;
};

}  // namespace vmrotate
