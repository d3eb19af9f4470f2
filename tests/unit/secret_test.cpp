// SPDX-License-Identifier: GPL-3.0-or-later
#include "secret.hpp"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <ostream>
#include <sstream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fmt/ostream.h>

using credstore::Secret;

namespace {

template <class T>
concept Printable = requires(std::ostream& stream, const T& value)
{
    stream << value;
};

static_assert(!std::is_copy_constructible_v<Secret>);
static_assert(!std::is_copy_assignable_v<Secret>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);
static_assert(!Printable<Secret>);
static_assert(!fmt::is_formattable<Secret>::value);
static_assert(fmt::is_formattable<std::string_view>::value);
static_assert(std::is_nothrow_move_constructible_v<Secret>);

/// The kernel's flags of the memory that holds `address`: " rd wr mr mw me lo ac dd ".
std::string memory_flags(const char* address)
{
    const auto wanted = reinterpret_cast<std::uintptr_t>(address);
    std::ifstream maps("/proc/self/smaps");
    bool here = false;
    for (std::string line; std::getline(maps, line);) {
        std::istringstream words(line);
        std::uintptr_t first = 0, last = 0;
        char dash = 0;
        if (words >> std::hex >> first >> dash >> last && dash == '-')
            here = first <= wanted && wanted < last;
        else if (here && line.starts_with("VmFlags:"))
            return line.substr(8) + " ";
    }
    return "";
}

}  // namespace

TEST_CASE("secret: holds any bytes as they are")
{
    const std::vector<std::string> texts = {"",
                                            "x",
                                            "pässwörd 日本語",
                                            "\"quoted\" 'twice' \\",
                                            std::string("a\0b\0", 4),
                                            std::string(4096, 'p'),
                                            std::string(4097, 'q'),
                                            std::string(300000, 'r')};
    for (const std::string& text : texts) {
        INFO("size: ", text.size());
        const Secret secret(text);
        CHECK(secret.reveal() == text);
        CHECK(secret.size() == text.size());
        CHECK(secret.empty() == text.empty());
    }
}

TEST_CASE("secret: one of a given size begins as zero bytes and can be filled")
{
    Secret secret = Secret::of_size(5000);
    CHECK(secret.reveal() == std::string(5000, '\0'));
    std::ranges::fill_n(secret.data(), 5000, 'f');
    CHECK(secret.reveal() == std::string(5000, 'f'));
}

TEST_CASE("secret: moved from, it is empty")
{
    Secret first("first");
    const Secret& moved_from = first;
    Secret second(std::move(first));
    CHECK(second.reveal() == "first");
    CHECK(moved_from.empty());
    CHECK(moved_from.reveal().data() == nullptr);

    Secret third("third");
    const Secret& assigned_from = second;
    third = std::move(second);
    CHECK(third.reveal() == "first");
    CHECK(assigned_from.reveal().data() == nullptr);
}

TEST_CASE("secret: survives a move to itself")
{
    Secret secret("itself");
    Secret& same = secret;
    secret = std::move(same);
    CHECK(secret.reveal() == "itself");
}

TEST_CASE("secret: cleared, it is empty, twice too, and can be used again")
{
    Secret secret("gone");
    secret.clear();
    CHECK(secret.empty());
    secret.clear();
    CHECK(secret.reveal().empty());
    secret = Secret("again");
    CHECK(secret.reveal() == "again");
}

TEST_CASE("secret: its memory is left out of core files")
{
    Secret secret("not for a core file");
    const std::string flags = memory_flags(secret.data());
    INFO("flags: ", flags);
    CHECK(flags.find(" dd ") != std::string::npos);
}

TEST_CASE("secret: its memory is locked against swapping, and doctest shows none of it")
{
    Secret secret("not for a swap file");
    const std::string flags = memory_flags(secret.data());
    INFO("flags: ", flags);
    if (std::string_view(VMROTATE_SANITIZE).empty())  // else mlock does nothing
        CHECK(flags.find(" lo ") != std::string::npos);
    CHECK(std::string(doctest::toString(secret).c_str()) == "{?}");
}

TEST_CASE("secret: a size that no memory can hold throws")
{
    CHECK_THROWS_AS(Secret::of_size(SIZE_MAX), std::bad_alloc);
    CHECK_THROWS_AS(Secret::of_size(SIZE_MAX / 2), std::bad_alloc);
}
