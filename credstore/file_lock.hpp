// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <filesystem>

#include "descriptor.hpp"

namespace credstore {

/// Keeps other writers out while it lives: an advisory lock (flock) on a file of its own, which
/// is made if need be, mode 0600, and stays. A process that dies lets go of it.
class FileLock {
public:
    /// Waits up to `patience` for another holder. Throws StoreError after that.
    /// The directory must be there.
    [[nodiscard]] FileLock(const std::filesystem::path& file, std::chrono::milliseconds patience);

private:
    Descriptor open_file_;
};

}  // namespace credstore
