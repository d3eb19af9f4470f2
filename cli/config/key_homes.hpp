// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

/// What is said of keys that stand where they do not belong.
namespace vmrotate::config {

/// Where a key belongs that stands in the wrong table: "[defaults]", or nothing.
std::string home_of(const std::string& key);

/// Of a key that there is not, and that somebody may well look for: "; ...", or nothing.
std::string advice_on(const std::string& key);

}  // namespace vmrotate::config
