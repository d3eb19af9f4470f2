// SPDX-License-Identifier: GPL-3.0-or-later
#include "job/pin.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "job/find.hpp"
#include "job/marking.hpp"
#include "job/note_text.hpp"
#include "job/settle.hpp"

namespace vmrotate::job {
namespace {

constexpr std::size_t longest_reason = 200;

Pinning look(vimclient::Vsphere& vsphere, const std::string& name, const std::string& what)
{
    const auto vm = read_one(vsphere, find_source(vsphere, name));
    const auto mark = mark_of_generation(vm, what);
    return {vm.ref, mark, mark.pinned, vm.annotation};
}

}  // namespace

std::string problem_of_reason(const std::string& reason)
{
    const auto text = characters(reason);
    constexpr char32_t first_odd_byte = 0xDC80, last_odd_byte = 0xDCFF;
    if (std::ranges::all_of(text, [](char32_t c) { return c == U' '; }))
        return "the reason is empty";
    if (text.size() > longest_reason)
        return fmt::format("the reason has {} characters, {} are allowed", text.size(),
                           longest_reason);
    if (std::ranges::any_of(text, is_control))
        return "the reason has a control character or a line break in it";
    if (std::ranges::any_of(text,
                            [](char32_t c) { return c >= first_odd_byte && c <= last_odd_byte; }))
        return "the reason is not UTF-8";
    return {};
}

Pinning plan_pin(vimclient::Vsphere& vsphere, const std::string& name, const std::string& reason,
                 const std::string& otherwise)
{
    const std::string& text = reason.empty() ? otherwise : reason;
    if (const std::string problem = problem_of_reason(text); !problem.empty())
        throw Error(ErrorKind::usage, "cannot pin it: " + problem);
    Pinning pinning = look(vsphere, name, "pin it");
    if (pinning.mark.pinned.empty() || !reason.empty())
        pinning.reason = text;
    pinning.annotation = with_pin(pinning.annotation, pinning.reason);
    return pinning;
}

Pinning plan_unpin(vimclient::Vsphere& vsphere, const std::string& name)
{
    Pinning pinning = look(vsphere, name, "unpin it");
    pinning.reason.clear();
    pinning.annotation = with_pin(pinning.annotation, {});
    return pinning;
}

void carry_out(vimclient::Vsphere& vsphere, const Run& run, const Pinning& pinning)
{
    if (!pinning.is_change())
        return;
    rotation::Mark mark = pinning.mark;
    mark.pinned = pinning.reason;
    change_mark(
        vsphere, run, pinning.generation,
        {.mark = rotation::difference(pinning.mark, mark), .annotation = pinning.annotation},
        pinning.reason.empty() ? "unpin it" : "pin it");
}

}  // namespace vmrotate::job
