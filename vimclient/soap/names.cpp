// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/names.hpp"

namespace vimclient::wire {

namespace {

char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// what the escape at `text` stands for, or 0
char meaning(std::string_view text)
{
    if (text.size() < 3 || text[0] != '%')
        return 0;
    const char code[] = {text[1], lower(text[2])};
    const std::string_view digits(code, 2);
    return digits == "2f" ? '/' : digits == "5c" ? '\\' : digits == "25" ? '%' : '\0';
}

}  // namespace

std::string display_name(std::string_view stored)
{
    std::string shown;
    while (!stored.empty()) {
        const char escaped = meaning(stored);
        shown += escaped ? escaped : stored.front();
        stored.remove_prefix(escaped ? 3 : 1);
    }
    return shown;
}

std::string escaped_name(std::string_view shown)
{
    std::string stored;
    for (const char c : shown) {
        if (c == '%')
            stored += "%25";
        else if (c == '/')
            stored += "%2f";
        else if (c == '\\')
            stored += "%5c";
        else
            stored += c;
    }
    return stored;
}

std::string path_segment(std::string_view stored)
{
    std::string segment;
    for (const char c : display_name(stored)) {
        if (c == '/')
            segment += "%2f";
        else
            segment += c;
    }
    return segment;
}

std::vector<std::string> split_path(std::string_view path)
{
    std::vector<std::string> names;
    while (!path.empty()) {
        const std::size_t slash = path.find('/');
        std::string name;
        for (std::string_view segment = path.substr(0, slash); !segment.empty();) {
            const bool is_slash = meaning(segment) == '/';
            name += is_slash ? '/' : segment.front();
            segment.remove_prefix(is_slash ? 3 : 1);
        }
        if (!name.empty())
            names.push_back(name);
        path.remove_prefix(slash == std::string_view::npos ? path.size() : slash + 1);
    }
    return names;
}

}  // namespace vimclient::wire
