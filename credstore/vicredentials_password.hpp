// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "secret.hpp"

namespace credstore {

/// The password of one entry of vicredentials.xml, as UTF-8; or why it cannot be told, as
/// the end of a sentence. `host` and `user` are UTF-8, as they stand in the file.
std::variant<Secret, std::string> reveal_vicredentials_password(std::string_view host,
                                                                std::string_view user,
                                                                std::string_view base64);

}  // namespace credstore
