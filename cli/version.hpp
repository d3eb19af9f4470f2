// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

namespace vmrotate {

/// "0.1.0"; the build sets it from the project's version.
inline constexpr const char* version = VMROTATE_VERSION;

}  // namespace vmrotate
