// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "soap/session.hpp"

/// Reading many properties of many objects in one call, by the server's PropertyCollector.
namespace vimclient::wire {

/// From every object of `type` that is met, to what its property `path` names; there, the
/// steps named in `then` are taken.
struct Step {
    std::string name, type, path;
    std::vector<std::string> then = {};
};

/// The properties wanted of the objects of one type, as leaf paths.
struct Wanted {
    std::string type;
    std::vector<std::string> paths;
};

struct Query {
    std::string root_type;
    std::vector<std::string> roots;  ///< ids
    std::vector<Step> steps = {};    ///< each is tried on the roots, where the type fits
    std::vector<Wanted> wanted;
    int page = 500;  ///< objects per reply, at most
};

/// One object of a reply; it is there as long as the reply is.
class Object {
public:
    explicit Object(const vim25__ObjectContent& content) : content_(content) {}

    std::string id() const;
    std::string type() const;

    /// The value of a property; null where it is unset.
    const xsd__anyType* find(std::string_view path) const;

    template <class T>
    const T* as(std::string_view path) const
    {
        return dynamic_cast<const T*>(find(path));
    }

    /// The same, for what decides whether something is deleted: a value of another type is not
    /// none, it is a Fault.
    template <class T>
    const T* demand(std::string_view path) const
    {
        const xsd__anyType* const value = find(path);
        const auto* const typed = dynamic_cast<const T*>(value);
        if (value && !typed)
            refuse_type(path, *value);
        return typed;
    }

    std::string text(std::string_view path) const;
    bool flag(std::string_view path) const;
    std::string reference(std::string_view path) const;
    std::vector<std::string> references(std::string_view path) const;

    /// Throws the server's fault where a wanted property could not be read. Unset is no
    /// fault.
    void demand_complete() const;

    /// The object went away while it was read.
    bool vanished() const;

private:
    [[noreturn]] void refuse_type(std::string_view path, const xsd__anyType& value) const;

    const vim25__ObjectContent& content_;
};

/// Calls `each` for every object of every page. An object that is gone is left out.
/// To be used within Session::read: the pages belong to one session.
void retrieve(const Session& session, Line& line, const Query& query,
              const std::function<void(const Object&)>& each);

/// The same for several queries in one call. An object that several ask for comes once with all
/// of its properties, or once for each: servers differ.
void retrieve_all(const Session& session, Line& line, const std::vector<Query>& queries,
                  const std::function<void(const Object&)>& each);

/// The same, but what the last page was decoded into is kept until the line's next release.
void retrieve_kept(const Session& session, Line& line, const std::vector<Query>& queries,
                   const std::function<void(const Object&)>& each);

/// The filter that `query` describes.
vim25__PropertyFilterSpec* filter_spec(Arena& arena, const Query& query);

}  // namespace vimclient::wire
