// SPDX-License-Identifier: GPL-3.0-or-later
#include <map>

#include "laws.hpp"
#include "marks_oracle.hpp"
#include "rotation/mark.hpp"
#include "rotation/set.hpp"

// The VMs of a folder with marks of any content. The input, for each VM, with a line "--" between
// them: its name, its instanceUuid, and the keys of its mark ("run=..."), a line each.

using namespace vmrotate::rotation;
using fuzz::law;

namespace {

Keys keys_from(std::string_view text)
{
    Keys keys;
    while (!text.empty()) {
        std::string_view line = fuzz::take_until(text, "\n");
        const std::string field(fuzz::take_until(line, "="));
        keys["vmrotate." + field] = std::string(line);
    }
    return keys;
}

void check_reading(const Keys& keys)
{
    const MarkReading reading = decode(keys);
    law((reading.kind == MarkReading::Kind::none) ==
            std::ranges::all_of(keys, [](const auto& key) { return key.second.empty(); }),
        "a VM with a key of ours carries a mark");
    const bool is_whole = reading.kind == MarkReading::Kind::whole;
    law(is_whole || reading.kind == MarkReading::Kind::none || !reading.problem.empty(),
        "what is wrong with a mark is said");
    if (!is_whole)
        return;
    const Keys written = encode(reading.mark);
    const MarkReading again = decode(written);
    law(again.kind == MarkReading::Kind::whole && again.mark == reading.mark,
        "a mark that is whole is written and read again as the same");
    for (const char* field : {"version", "state", "run", "lock", "set", "prefix", "stem", "source",
                              "source-name", "taken", "self", "pinned"})
        law(fuzz::value_of(written, field) == fuzz::value_of(keys, field),
            "a mark that is whole is written as it stood");
}

VmFacts vm_from(std::string_view text, std::size_t number, std::map<std::string, Keys>& marks)
{
    VmFacts vm;
    vm.id = "vm-" + std::to_string(number);
    vm.name = fuzz::take_until(text, "\n");
    vm.instance_uuid = fuzz::take_until(text, "\n");
    vm.folder_id = "group-v1";
    vm.vmx = "[d] a/a.vmx";
    vm.disks = {{"[d] a/a.vmdk", "datastore-1", false}};
    const Keys keys = keys_from(text);
    vm.mark = decode(keys);
    marks[vm.id] = keys;
    return vm;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    const SetId id{"u-source", "default", {"zz_", "a"}, "group-v1", "datastore-1"};
    std::string_view input = fuzz::text_of(data, size);
    std::map<std::string, Keys> marks;
    std::vector<VmFacts> folder;
    while (!input.empty())
        folder.push_back(vm_from(fuzz::take_until(input, "\n--\n"), folder.size(), marks));
    for (const auto& entry : marks)
        check_reading(entry.second);
    fuzz::check_set(id, folder, [&](const std::string& vm) { return marks.at(vm); });
    return 0;
}
