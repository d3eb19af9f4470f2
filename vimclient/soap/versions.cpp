// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/versions.hpp"

#include <charconv>
#include <vector>

#include <fmt/format.h>

#include "vsphere.hpp"

namespace vimclient::wire {

namespace {

constexpr std::string_view oldest = "6.5", newest = "8.0.3.0";

// empty for what is no version
std::vector<int> parse(std::string_view text)
{
    std::vector<int> numbers;
    const char* at = text.data();
    const char* const end = at + text.size();
    while (at != end) {
        int number = 0;
        const auto [stop, error] = std::from_chars(at, end, number);
        const bool more = stop != end && *stop == '.' && stop + 1 != end;
        if (error != std::errc{} || number < 0 || (stop != end && !more))
            return {};
        numbers.push_back(number);
        at = more ? stop + 1 : stop;
    }
    return numbers;
}

}  // namespace

std::string soap_action(std::string_view api_version)
{
    const std::vector<int> asked = parse(api_version);
    if (!asked.empty() && asked < parse(oldest))
        throw Fault(Fault::Kind::unsupported,
                    fmt::format("the server speaks vSphere API {}, but {} is the oldest that is "
                                "supported",
                                api_version, oldest));
    const std::string_view spoken = asked.empty()           ? oldest
                                    : asked > parse(newest) ? newest
                                                            : api_version;
    return fmt::format("urn:vim25/{}", spoken);
}

}  // namespace vimclient::wire
