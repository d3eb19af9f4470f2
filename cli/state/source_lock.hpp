// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>

#include "job/run.hpp"

namespace vmrotate::state {

/// Takes the lock file of one source, `<state>/locks/<instanceUuid>.lock`, for as long as
/// the result lives. The kernel frees it when the process ends, however it ends, so there
/// is no stale lock and nothing to unlock.
///
/// The file holds one line: the lock's random id, made once by `random_id`, then the holder
/// (process id) for messages. Deleting the folder while nothing runs loses nothing.
///
/// Throws Error: busy where another process holds it, failed where it cannot be written.
std::unique_ptr<job::SourceLock> lock_source(const std::filesystem::path& state,
                                             const std::string& source_uuid,
                                             const std::function<std::string()>& random_id);

/// The lock's id where the file is there and no process holds it, else empty: for a dry run,
/// which takes nothing.
std::string id_if_free(const std::filesystem::path& state, const std::string& source_uuid);

}  // namespace vmrotate::state
