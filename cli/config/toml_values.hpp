// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

// Malformed text ("[[[") breaks assertions of the library, after which it would report it.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include "config/values.hpp"

/// What stands in a TOML document, in the words of the configuration.
namespace vmrotate::config {

std::string text_of(const toml::key& key);

/// `monostate` is all that no key takes.
Value value_of(const toml::node& node);

}  // namespace vmrotate::config
