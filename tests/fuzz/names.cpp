// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <stdexcept>

#include "connect.hpp"
#include "laws.hpp"
#include "rotation/name.hpp"
#include "soap/names.hpp"

// A prefix, a stem and a name of a generation, a line each. All of it is also read as a name of
// vSphere, as a path, and as an address.

using namespace vmrotate::rotation;
using fuzz::law;

namespace {

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

void check_generation_name(const Stem& stem, const std::string& text)
{
    const auto name = parse_name(text, stem);
    if (!name)
        return;
    law(compose_name(stem, name->slot, name->stamp) == text, "a name that is read is written so");
    law(name->slot >= 1 && name->slot <= 99, "slots are 1 to 99");
    law(name->stamp.size() == 12 && std::ranges::all_of(name->stamp, is_digit),
        "a stamp is twelve digits");
    law(text.size() == stem.prefix.size() + stem.name.size() + 16, "a name has no other length");
    const Stem longer{stem.prefix, stem.name + text.substr(stem.prefix.size() + stem.name.size())};
    law(!parse_name(text, longer), "a name of one stem is none of a longer one");
    if (!stem.name.empty())
        law(!parse_name(text, {stem.prefix, stem.name.substr(0, stem.name.size() - 1)}),
            "nor of a shorter one");
}

std::size_t characters(const std::string& text)
{
    return static_cast<std::size_t>(std::ranges::count_if(
        text, [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

void check_stored_name(const std::string& name)
{
    using namespace vimclient::wire;
    const std::string stored = escaped_name(name);
    law(display_name(stored) == name, "a name comes back as it was given");
    law(stored.find_first_of("/\\") == std::string::npos, "no slash is stored");
    law(stored_length(name) == characters(stored), "the length is that of the stored form");
    std::string path;
    for (const std::string& segment : split_path(name)) {
        law(!segment.empty(), "a path has no empty segment");
        path += (path.empty() ? "" : "/") + path_segment(escaped_name(segment));
    }
    law(split_path(path) == split_path(name), "a path that is read is written so");
}

void check_address(const std::string& text)
{
    try {
        const vimclient::Endpoint endpoint = vimclient::parse_endpoint(text);
        const vimclient::Endpoint again = vimclient::parse_endpoint(to_string(endpoint));
        law(again.host == endpoint.host && again.port == endpoint.port,
            "an address that is read is written so");
        law(endpoint.port >= 1 && endpoint.port <= 65535, "a port is 1 to 65535");
        law(endpoint.host.find_first_of("\r\n @/") == std::string::npos,
            "a host is a name and nothing else");
        law(endpoint.path.find_first_of("\r\n ") == std::string::npos, "a path is one word");
    } catch (const std::invalid_argument& problem) {
        law(*problem.what() != '\0', "what is wrong with an address is said");
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    std::string_view input = fuzz::text_of(data, size);
    const std::string all(input);
    const std::string prefix(fuzz::take_until(input, "\n"));
    const std::string stem(fuzz::take_until(input, "\n"));
    check_generation_name({prefix, stem}, std::string(input));
    check_stored_name(all);
    check_address(all);
    return 0;
}
