// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string_view>

namespace credstore {

/// A short secret in memory that is locked against swapping, left out of core files, and
/// wiped at the end. It can be moved, not copied, and cannot be printed.
///
/// Locking is an attempt: where the limit for locked memory is used up, the secret is held
/// all the same.
class Secret {
public:
    Secret() = default;

    /// Copies `text`; the caller wipes its own copy.
    explicit Secret(std::string_view text);

    /// `size` zero bytes, to be filled through `data`.
    static Secret of_size(std::size_t size);

    ~Secret();
    Secret(Secret&& other) noexcept;
    Secret& operator=(Secret&& other) noexcept;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;

    /// The secret itself: valid until the object is moved from or ends.
    std::string_view reveal() const noexcept { return {data_, size_}; }

    char* data() noexcept { return data_; }
    std::size_t size() const noexcept { return size_; }
    bool empty() const noexcept { return size_ == 0; }

    /// Wipes and forgets.
    void clear() noexcept;

private:
    char* data_ = nullptr;
    std::size_t size_ = 0;
    std::size_t mapped_ = 0;  ///< whole pages, from mmap
};

}  // namespace credstore
