// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// vSphere keeps '/', '\' and '%' in names as %2f, %5c and %25. People never see that.
namespace vimclient::wire {

/// The name as people see it; the three escapes, in either case, are undone once.
/// A '%' that starts none of them stays as it is.
std::string display_name(std::string_view stored);

/// The name as a call wants it.
std::string escaped_name(std::string_view shown);

/// One segment of a path: as people see it, but with a slash as %2f.
std::string path_segment(std::string_view stored);

/// "backup/web%2fx" -> "backup", "web/x": names as people see them. Empty segments are left out.
std::vector<std::string> split_path(std::string_view path);

}  // namespace vimclient::wire
