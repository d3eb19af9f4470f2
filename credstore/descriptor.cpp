// SPDX-License-Identifier: GPL-3.0-or-later
#include "descriptor.hpp"

#include <cctype>
#include <string>
#include <system_error>

#include <fmt/format.h>
#include <unistd.h>

#include "credential_store.hpp"

namespace credstore {

int Descriptor::close() noexcept
{
    const int number = std::exchange(number_, -1);
    if (number == -1 || ::close(number) == 0 || errno == EINTR)
        return 0;
    return -1;
}

void fail(std::string_view action, const std::filesystem::path& file)
{
    std::string why = std::generic_category().message(errno);
    why.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(why.front())));
    throw StoreError(fmt::format("cannot {} '{}': {}", action, file.string(), why));
}

}  // namespace credstore
