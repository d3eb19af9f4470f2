// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include "soap/session.hpp"

namespace vimclient::wire {

/// A NoPermission names its object by id only. Gives the same fault with what people call that
/// object, "the folder 'backup' (group-v7)", where the account may read its name; any other fault
/// comes back as it is. Never throws.
ServerFault named(Session& session, const ServerFault& fault);

}  // namespace vimclient::wire
