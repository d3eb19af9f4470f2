// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

#include "vsphere.hpp"

class vim25__MethodFault;
class vim25__LocalizedMethodFault;

/// From the faults of the server, and from its silence, to those of the port.
namespace vimclient::wire {

/// What the server refused: the answer of a call, or the error of a task.
class ServerFault : public Fault {
public:
    /// `object` is the id of the object that the fault names: the task in the way, the
    /// object that is not found, the one that has the name. Empty where it names none.
    ServerFault(Kind kind, const std::string& message, const std::string& type, std::string object,
                std::string object_type = {})
        : Fault(kind, message, type),
          object_(std::move(object)),
          object_type_(std::move(object_type))
    {
    }

    const std::string& object() const noexcept { return object_; }
    const std::string& object_type() const noexcept { return object_type_; }  ///< NoPermission only

private:
    std::string object_, object_type_;
};

/// A call that brought no answer, or none that can be understood.
class NoAnswer : public Fault {
public:
    enum class Reason { no_connection, silence, garbled, abandoned };

    /// `sent`: a part of the request has left; the server may have executed it.
    NoAnswer(Reason reason, bool sent, const std::string& message)
        : Fault(Kind::unreachable, message), reason_(reason), sent_(sent)
    {
    }

    Reason reason() const noexcept { return reason_; }
    bool sent() const noexcept { return sent_; }

private:
    Reason reason_;
    bool sent_;
};

/// By the name of the fault's type; `refused` for all that are not known.
Fault::Kind kind_of(std::string_view type);

/// `message` is the server's text. Where it is empty, the type's name stands in its place.
ServerFault server_fault(const vim25__MethodFault* fault, const std::string& message);

/// The same for a fault in a reply, such as a task's error.
ServerFault server_fault(const vim25__LocalizedMethodFault& fault);

}  // namespace vimclient::wire
