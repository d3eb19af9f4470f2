// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <vector>

#include "vsphere.hpp"

namespace vimclient::wire {

/// The elements of an array in a reply, every one of them there. An element without content
/// (xsi:nil) is decoded to a null pointer; no server sends one, and what it stands for is not
/// told: throws Fault (unreachable).
template <class T>
const std::vector<T*>& whole(const std::vector<T*>& elements)
{
    if (std::ranges::count(elements, nullptr) > 0)
        throw Fault(Fault::Kind::unreachable, "incomplete reply: an empty element in a list");
    return elements;
}

}  // namespace vimclient::wire
