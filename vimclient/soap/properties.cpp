// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/properties.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "soap/values.hpp"
#include "soap/whole.hpp"

namespace vimclient::wire {

namespace {

std::vector<vim25__SelectionSpec*> selection(Arena& arena, const std::vector<Step>& steps)
{
    std::vector<vim25__SelectionSpec*> set;
    for (const Step& step : steps) {
        auto* traversal = arena.make<vim25__TraversalSpec>();
        traversal->name = arena.text(step.name);
        traversal->type = step.type;
        traversal->path = step.path;
        traversal->skip = arena.flag(false);
        for (const std::string& name : step.then) {
            auto* next = arena.make<vim25__SelectionSpec>();
            next->name = arena.text(name);
            traversal->selectSet.push_back(next);
        }
        set.push_back(traversal);
    }
    return set;
}

// a session that has expired shows itself here on some servers
void demand_session(const vim25__ObjectContent& content)
{
    for (const vim25__MissingProperty* missing : whole(content.missingSet)) {
        if (!missing->fault || !missing->fault->fault)
            continue;
        ServerFault fault = server_fault(*missing->fault);
        if (fault.type() == "NotAuthenticated")
            throw fault;
    }
}

// hands the page on; the token of the next one, empty after the last
std::string read_page(const vim25__RetrieveResult* page,
                      const std::function<void(const Object&)>& each)
{
    if (!page)
        return {};
    for (const vim25__ObjectContent* content : whole(page->objects)) {
        require(content->obj, "RetrievePropertiesEx");
        demand_session(*content);
        if (const Object object(*content); !object.vanished())
            each(object);
    }
    return page->token ? *page->token : std::string{};
}

}  // namespace

std::string Object::id() const
{
    return content_.obj->__item;
}

std::string Object::type() const
{
    return content_.obj->type;
}

const xsd__anyType* Object::find(std::string_view path) const
{
    for (const vim25__DynamicProperty* property : whole(content_.propSet)) {
        if (property->name == path)
            return property->val;
    }
    return nullptr;
}

std::string Object::text(std::string_view path) const
{
    return text_of(find(path));
}

bool Object::flag(std::string_view path) const
{
    return parse_flag(text(path));
}

std::string Object::reference(std::string_view path) const
{
    return id_of(find(path));
}

std::vector<std::string> Object::references(std::string_view path) const
{
    std::vector<std::string> ids;
    if (const auto* array = demand<vim25__ArrayOfManagedObjectReference>(path)) {
        for (const vim25__ManagedObjectReference* reference : whole(array->ManagedObjectReference))
            ids.push_back(reference->__item);
    }
    return ids;
}

void Object::refuse_type(std::string_view path, const xsd__anyType& value) const
{
    throw Fault(Fault::Kind::refused,
                fmt::format("cannot read '{}' of '{}': it has the unknown type '{}'", path, id(),
                            type_name(value)));
}

void Object::demand_complete() const
{
    if (content_.missingSet.empty())
        return;
    const vim25__MissingProperty& missing = *whole(content_.missingSet).front();
    const std::string what = fmt::format("cannot read '{}' of '{}'", missing.path, id());
    if (!missing.fault)
        throw Fault(Fault::Kind::refused, what);
    const ServerFault fault = server_fault(*missing.fault);
    throw ServerFault(fault.kind(), fmt::format("{}: {}", what, fault.what()), fault.type(), id());
}

bool Object::vanished() const
{
    if (content_.missingSet.empty() || !whole(content_.missingSet).front()->fault)
        return false;
    const ServerFault fault = server_fault(*content_.missingSet.front()->fault);
    return fault.type() == "ManagedObjectNotFound" &&
           (fault.object().empty() || fault.object() == id());
}

vim25__PropertyFilterSpec* filter_spec(Arena& arena, const Query& query)
{
    auto* spec = arena.make<vim25__PropertyFilterSpec>();
    for (const Wanted& wanted : query.wanted) {
        auto* properties = arena.make<vim25__PropertySpec>();
        properties->type = wanted.type;
        properties->pathSet = wanted.paths;
        spec->propSet.push_back(properties);
    }
    const auto steps = selection(arena, query.steps);
    for (const std::string& root : query.roots) {
        auto* object = arena.make<vim25__ObjectSpec>();
        object->obj = arena.reference(query.root_type, root);
        object->skip = arena.flag(false);
        object->selectSet = steps;
        spec->objectSet.push_back(object);
    }
    spec->reportMissingObjectsInResults = arena.flag(true);
    return spec;
}

void retrieve(const Session& session, Line& line, const Query& query,
              const std::function<void(const Object&)>& each)
{
    retrieve_all(session, line, {query}, each);
}

void retrieve_all(const Session& session, Line& line, const std::vector<Query>& queries,
                  const std::function<void(const Object&)>& each)
{
    retrieve_kept(session, line, queries, each);
    line.context.release();
}

namespace {

// what the last page was decoded into is kept
void ask(const Session& session, Line& line, const std::vector<Query>& queries,
         const std::function<void(const Object&)>& each)
{
    Arena arena;
    auto* collector = arena.reference("PropertyCollector", session.services().property_collector);
    auto* options = arena.make<vim25__RetrieveOptions>();
    std::vector<vim25__PropertyFilterSpec*> specs;
    int page = 0;
    for (const Query& query : queries) {
        specs.push_back(filter_spec(arena, query));
        page = std::max(page, query.page);
    }
    options->maxObjects = arena.number(page);
    vim25__RetrievePropertiesExResponse first;
    const auto& roots = queries.front().roots;
    const std::string what =
        queries.size() == 1 && roots.size() == 1 ? roots.front() : std::string{};
    line.context.call({"RetrievePropertiesEx", what},
                      [&](::soap* s, const char* url, const char* action) {
                          return soap_call_vim25__RetrievePropertiesEx(s, url, action, collector,
                                                                       specs, options, first);
                      });
    std::string token = read_page(first.returnval, each);
    while (!token.empty()) {
        line.context.release();
        vim25__ContinueRetrievePropertiesExResponse next;
        line.context.call({"ContinueRetrievePropertiesEx", what},
                          [&](::soap* s, const char* url, const char* action) {
                              return soap_call_vim25__ContinueRetrievePropertiesEx(
                                  s, url, action, collector, token, next);
                          });
        if (require(next.returnval, "ContinueRetrievePropertiesEx").objects.empty())
            throw NoAnswer(NoAnswer::Reason::garbled, true, "a page without objects");
        token = read_page(next.returnval, each);
    }
}

}  // namespace

// A spoilt answer may look like one without objects: nothing is believed when it is said twice.
void retrieve_kept(const Session& session, Line& line, const std::vector<Query>& queries,
                   const std::function<void(const Object&)>& each)
{
    bool found = false;
    const auto note = [&](const Object& object) {
        found = true;
        each(object);
    };
    ask(session, line, queries, note);
    if (!found)
        ask(session, line, queries, note);
}

}  // namespace vimclient::wire
