// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <soapStub.h>

namespace vimclient::wire {

/// The objects of one request; they live as long as it does.
class Arena {
public:
    template <class T>
    T* make()
    {
        auto object = std::make_shared<T>();
        T* const address = object.get();
        kept_.push_back(std::move(object));
        return address;
    }

    vim25__ManagedObjectReference* reference(std::string_view type, std::string_view id);

    /// Null for an empty id.
    vim25__ManagedObjectReference* optional_reference(std::string_view type, std::string_view id);

    std::string* text(std::string_view value);
    bool* flag(bool value);
    int* number(int value);

private:
    std::vector<std::shared_ptr<void>> kept_;
};

}  // namespace vimclient::wire
