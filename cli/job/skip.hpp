// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "base/error.hpp"

/// Why there is no new generation although nothing went wrong here.
namespace vmrotate::job {

/// None is needed, or none may be made now. The message is the reason: "its generation
/// 'zz_a-02-202609250241' was taken 3 min 20 s ago".
class Skip : public Error {
public:
    enum class Cause { fresh, window, hook };

    Skip(Cause cause, const std::string& reason) : Error(ErrorKind::busy, reason), cause_(cause) {}

    Cause cause() const noexcept { return cause_; }

private:
    Cause cause_;
};

/// Another run is at work on this VM, or may be.
class AnotherRun : public Error {
public:
    AnotherRun(const std::string& message, const std::string& hint)
        : Error(ErrorKind::busy, message, hint)
    {
    }
};

}  // namespace vmrotate::job
