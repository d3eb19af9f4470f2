// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/faults.hpp"

#include <fmt/format.h>
#include <soapStub.h>

#include "soap/values.hpp"

namespace vimclient::wire {

namespace {

struct Row {
    std::string_view type;
    Fault::Kind kind;
};

constexpr Row kinds[] = {
    {"InvalidLogin", Fault::Kind::logon},
    {"InvalidLocale", Fault::Kind::logon},
    {"PasswordExpired", Fault::Kind::logon},
    {"NotAuthenticated", Fault::Kind::logon},
    {"NoPermission", Fault::Kind::privilege},
    {"TaskInProgress", Fault::Kind::busy},
    {"VAppTaskInProgress", Fault::Kind::busy},
    {"ConcurrentAccess", Fault::Kind::busy},
    {"ResourceInUse", Fault::Kind::busy},
    {"ManagedObjectNotFound", Fault::Kind::not_found},
    {"NotFound", Fault::Kind::not_found},
    {"DuplicateName", Fault::Kind::duplicate_name},
    {"NoDiskSpace", Fault::Kind::no_space},
    {"InsufficientStorageSpace", Fault::Kind::no_space},
    {"ApplicationQuiesceFault", Fault::Kind::quiesce},
    {"FilesystemQuiesceFault", Fault::Kind::quiesce},
    {"NotSupported", Fault::Kind::unsupported},
    {"NotImplemented", Fault::Kind::unsupported},
    {"MethodNotFound", Fault::Kind::unsupported},
    {"RestrictedVersion", Fault::Kind::unsupported},
    {"RequestCanceled", Fault::Kind::cancelled},
};

std::string named_object(const vim25__MethodFault& fault)
{
    if (const auto* busy = dynamic_cast<const vim25__TaskInProgress*>(&fault))
        return id_of(busy->task);
    if (const auto* gone = dynamic_cast<const vim25__ManagedObjectNotFound*>(&fault))
        return id_of(gone->obj);
    if (const auto* duplicate = dynamic_cast<const vim25__DuplicateName*>(&fault))
        return id_of(duplicate->object);
    if (const auto* denied = dynamic_cast<const vim25__NoPermission*>(&fault))
        return id_of(denied->object);
    return {};
}

}  // namespace

Fault::Kind kind_of(std::string_view type)
{
    for (const Row& row : kinds) {
        if (row.type == type)
            return row.kind;
    }
    return Fault::Kind::refused;
}

ServerFault server_fault(const vim25__MethodFault* fault, const std::string& message)
{
    if (!fault)
        return {Fault::Kind::refused, message.empty() ? "an unnamed fault" : message, {}, {}};
    const std::string type = type_name(*fault);
    const std::string object = named_object(*fault);
    std::string text = message.empty() ? fmt::format("the server says {}", type) : message;
    const auto* denied = dynamic_cast<const vim25__NoPermission*>(fault);
    if (denied && denied->privilegeId && !denied->privilegeId->empty())
        text += fmt::format(" (the privilege {}{}{} is missing)", *denied->privilegeId,
                            object.empty() ? "" : " on ", object);
    const auto* of = denied ? denied->object : nullptr;
    return {kind_of(type), text, type, object, of ? of->type : std::string()};
}

ServerFault server_fault(const vim25__LocalizedMethodFault& fault)
{
    return server_fault(fault.fault, fault.localizedMessage ? *fault.localizedMessage : "");
}

}  // namespace vimclient::wire
