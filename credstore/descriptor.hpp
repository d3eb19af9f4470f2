// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cerrno>
#include <filesystem>
#include <string_view>
#include <utility>

namespace credstore {

/// An open file, closed at the end. -1: none.
class Descriptor {
public:
    explicit Descriptor(int number = -1) noexcept : number_(number) {}
    ~Descriptor() { close(); }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept
    {
        std::swap(number_, other.number_);
        return *this;
    }

    int get() const noexcept { return number_; }
    explicit operator bool() const noexcept { return number_ != -1; }

    /// Returns 0, or -1 with errno set. Closed in either case; an interrupted close is none
    /// that failed.
    int close() noexcept;

private:
    int number_;
};

/// Repeats a system call while a signal interrupts it.
template <class Call>
auto retry(Call call)
{
    auto result = call();
    while (result == -1 && errno == EINTR)
        result = call();
    return result;
}

/// Throws the StoreError "cannot <action> '<file>': <why>", the reason taken from errno.
[[noreturn]] void fail(std::string_view action, const std::filesystem::path& file);

}  // namespace credstore
