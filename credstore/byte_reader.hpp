// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace credstore {

/// Takes a text apart from its front. What is taken points into that text; a take that goes
/// past the end gives nothing and makes the reader `failed` for good.
class ByteReader {
public:
    explicit ByteReader(std::string_view text) noexcept : text_(text) {}

    std::string_view take(std::size_t size) noexcept
    {
        if (failed_ || size > text_.size() - position_) {
            failed_ = true;
            return {};
        }
        position_ += size;
        return text_.substr(position_ - size, size);
    }

    /// An unsigned number of up to four bytes, the most significant first.
    std::uint32_t take_number(std::size_t bytes) noexcept
    {
        std::uint32_t number = 0;
        for (const char byte : take(bytes))
            number = number << 8U | static_cast<unsigned char>(byte);
        return number;
    }

    std::string_view taken() const noexcept { return text_.substr(0, position_); }
    bool failed() const noexcept { return failed_; }
    bool at_end() const noexcept { return !failed_ && position_ == text_.size(); }

private:
    std::string_view text_;
    std::size_t position_ = 0;
    bool failed_ = false;
};

}  // namespace credstore
