// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "config/config.hpp"

/// Reads single values, whoever wrote them: a file or a command line.
///
/// Each `read_` returns what the value means or throws Error(usage), whose message goes on
/// from the key's name: "must be 1 to 98", "may not be empty".
namespace vmrotate::config {

using Scalar = std::variant<std::monostate, std::string, std::int64_t, bool>;

/// A list in which tables stand. A mere value among them is a table with that one, under the
/// empty key.
using Tables = std::vector<std::map<std::string, Scalar>>;

/// What somebody wrote: lists are of texts alone, or of tables. `monostate` is all that no key
/// takes: dates, other lists, tables, ...
using Value =
    std::variant<std::monostate, std::string, std::int64_t, bool, std::vector<std::string>, Tables>;

/// Text that is not empty and has no control characters.
std::string read_text(const Value& value);

/// A text that becomes part of an object's name: without / \ %, which vCenter escapes, and
/// without blanks at its ends. 80 characters at most.
std::string read_alias(const Value& value);

/// "a/b": no empty parts.
std::string read_folder(const Value& value);

/// Up to 20 characters, none of them blank or one of / \ % " ' * ? : < > |.
std::string read_prefix(const Value& value);

/// 1 to 32 of A-Z a-z 0-9 . _ -
std::string read_set(const Value& value);

/// "host" or "host:port", where an IPv6 address stands in brackets; no URL, no user.
/// The message never repeats the value, which may hold a password.
std::string read_server(const Value& value);

/// 64 hexadecimal digits, in pairs with colons between them or not.
std::string read_fingerprint(const Value& value);

int read_keep(const Value& value);   ///< 1 to 98
int read_count(const Value& value);  ///< 1 to 100

/// "01:00-05:30": two times of day that differ.
std::optional<Window> read_window(const Value& value);

/// A list of "mon", "tue", "wed", "thu", "fri", "sat", "sun", at least one and none twice.
std::vector<Day> read_days(const Value& value);

/// "NAME=VALUE", both not empty.
std::string read_attribute(const Value& value);

bool read_switch(const Value& value);
std::chrono::seconds read_duration(const Value& value);
std::chrono::seconds read_time_limit(const Value& value);  ///< at least a second
Quiesce read_quiesce(const Value& value);
Nics read_nics(const Value& value);
Consolidate read_consolidate(const Value& value);
HookFailure read_hook_failure(const Value& value);

/// "off", "icmp", or "tcp:" and a port.
Probe read_probe(const Value& value);

/// A list of texts that begins with the absolute path of a program; the empty list is no command.
Command read_command(const Value& value);

GroupPolicy read_group_policy(const Value& value);
OnFreeze read_on_freeze(const Value& value);

/// A list of datastores, each by its name or as a table with `datastore` and any of folder,
/// prefix, set, keep. Nine at most; none is allowed.
std::vector<FurtherPlace> read_copies(const Value& value);

/// The words that the configuration uses: "prefer", "disconnected", "auto".
std::string word(Quiesce quiesce);
std::string word(Nics nics);
std::string word(Consolidate consolidate);
std::string word(HookFailure failure);

}  // namespace vmrotate::config
