// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "vsphere.hpp"

class xsd__anyType;

/// The text of replies -> values. None of these throws: junk is "not told".
namespace vimclient::wire {

bool parse_flag(std::string_view text);
std::optional<std::int64_t> parse_number(std::string_view text);

/// xsd:dateTime, with 'Z', an offset, or neither (UTC); a fraction of a second is cut off.
std::optional<Time> parse_time(std::string_view text);

/// Of a string, number, boolean, time or enum; empty for anything else.
std::string text_of(const xsd__anyType* value);

/// The name of a value's type as the server gave it, without its prefix; empty where it gave none.
std::string type_name(const xsd__anyType& value);

/// Of a reference; empty for anything else.
std::string id_of(const xsd__anyType* value);

}  // namespace vimclient::wire
