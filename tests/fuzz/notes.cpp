// SPDX-License-Identifier: GPL-3.0-or-later
#include "laws.hpp"
#include "rotation/note.hpp"

// A snapshot's name, a new line, and its description.

using namespace vmrotate::rotation;
using fuzz::law;

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    std::string_view input = fuzz::text_of(data, size);
    const std::string name(fuzz::take_until(input, "\n"));
    const std::string description(input);
    const auto note = read_snapshot(name, description);
    if (!note)
        return 0;
    law(snapshot_name(*note) == name, "our snapshot has the name that its run gave it");
    law(snapshot_description(*note) == description, "and the description");
    law(read_snapshot("", description) == std::nullopt, "a description alone makes nothing ours");
    return 0;
}
