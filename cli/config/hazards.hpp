// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string_view>

#include "config/parse.hpp"

namespace vmrotate::config {

/// The first thing in a TOML text that the TOML library must not see, as it would not survive
/// it, or not for certain:
///  - keys of more than 64 parts ("a.a.a..."): each part costs stack when the document is
///    destroyed;
///  - characters beyond ASCII outside of quotes and comments, where TOML allows none.
/// Other mistakes are not looked for.
std::optional<Problem> find_hazard(std::string_view toml_text);

}  // namespace vmrotate::config
