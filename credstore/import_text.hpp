// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "import.hpp"
#include "secret.hpp"

/// What the readers of other programs' files share.
namespace credstore {

/// The text as UTF-8: UTF-16 with a byte order mark is converted, a mark of UTF-8 is left out.
/// Throws StoreError where it is longer than `max_import_size`, or half of a UTF-16 unit.
Secret as_utf8(std::string_view text);

/// Puts the credentials in order. Of two for one account, the first stays if they are the same;
/// else both are refused.
void settle(Imported& imported);

/// "the logon of 'user' at 'host'", with '?' for control characters.
std::string name_of(const Account& account);

}  // namespace credstore
