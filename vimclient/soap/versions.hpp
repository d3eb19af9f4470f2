// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

namespace vimclient::wire {

/// "urn:vim25/8.0.2.0": the version that is spoken with a server of this `api_version`: its
/// own, but none newer than 8.0.3.0. Empty: the oldest one, 6.5, for the very first call.
/// Throws Fault (unsupported) for a server that is older than that.
std::string soap_action(std::string_view api_version);

}  // namespace vimclient::wire
