// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include <openssl/crypto.h>

namespace vimclient::wire {

/// A text for one request, that ends with a zero and is wiped with the object.
class WipedText {
public:
    /// Copies `text` once, into a place that never grows: no part of it is left anywhere else.
    explicit WipedText(std::string_view text) : text_(text.size() + 1)
    {
        std::ranges::copy(text, text_.begin());
    }
    ~WipedText() { OPENSSL_cleanse(text_.data(), text_.size()); }
    WipedText(const WipedText&) = delete;
    WipedText& operator=(const WipedText&) = delete;

    char* data() { return text_.data(); }

private:
    std::vector<char> text_;
};

}  // namespace vimclient::wire
