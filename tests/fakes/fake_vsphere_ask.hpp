// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <exception>
#include <type_traits>
#include <utility>

#include "fakes/fake_vsphere.hpp"

/// One call of the port: it is recorded, goes wrong where that is arranged, else is done.
template <typename Act>
auto FakeVsphere::ask(std::string& list, const std::string& method, const std::string& object,
                      const Act& act) -> decltype(act())
{
    using Result = decltype(act());
    const std::lock_guard lock(mutex_);
    if (dead_ && std::uncaught_exceptions() == 0)
        throw fakes::Killed{};
    if (dead_)
        return Result();
    const std::string line = method + (object.empty() ? "" : " ") + object + "\n";
    list += line;
    calls += line;
    if (logged_out_)
        throw vimclient::Fault(vimclient::Fault::Kind::logon, "The session is not authenticated.",
                               "NotAuthenticated");
    call_ = {method, ++counts_[method], ++counts_[""]};
    happen(Moment::before);
    if constexpr (std::is_void_v<Result>) {
        act();
        happen(Moment::after);
    } else {
        Result result = act();
        happen(Moment::after);
        return result;
    }
}
