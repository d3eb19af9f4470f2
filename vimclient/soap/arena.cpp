// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/arena.hpp"

namespace vimclient::wire {

vim25__ManagedObjectReference* Arena::reference(std::string_view type, std::string_view id)
{
    auto* reference = make<vim25__ManagedObjectReference>();
    reference->type = type;
    reference->__item = id;
    return reference;
}

vim25__ManagedObjectReference* Arena::optional_reference(std::string_view type, std::string_view id)
{
    return id.empty() ? nullptr : reference(type, id);
}

std::string* Arena::text(std::string_view value)
{
    auto* text = make<std::string>();
    *text = value;
    return text;
}

bool* Arena::flag(bool value)
{
    auto* flag = make<bool>();
    *flag = value;
    return flag;
}

int* Arena::number(int value)
{
    auto* number = make<int>();
    *number = value;
    return number;
}

}  // namespace vimclient::wire
