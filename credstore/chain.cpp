// SPDX-License-Identifier: GPL-3.0-or-later
#include "chain.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace credstore {
namespace {

constexpr const char* lacks_it = "it holds no such logon";
constexpr const char* is_not_there = "it does not exist";
constexpr const char* not_asked = "it was not asked";

/// What somebody is told who named the place.
StoreUnavailable cannot_use(const CredentialStore& place, const StoreUnavailable& why)
{
    return StoreUnavailable(fmt::format("cannot use {}: {}", place.describe(), why.what()),
                            why.hint());
}

}  // namespace

Chain::Chain(std::vector<std::unique_ptr<CredentialStore>> places) : places_(std::move(places))
{
}

Chain::Chain(std::unique_ptr<CredentialStore> only) : is_named_(true)
{
    places_.push_back(std::move(only));
}

Lookup Chain::find(const Account& account)
{
    Lookup lookup;
    for (const auto& place : places_) {
        Answer answer{place->describe(), not_asked};
        if (!lookup.credential) {
            try {
                lookup.credential = place->find(account);
                answer.answer = place->exists() ? lacks_it : is_not_there;
            } catch (const StoreUnavailable& unavailable) {
                if (is_named_)
                    throw cannot_use(*place, unavailable);
                answer.answer = unavailable.what();
            }
            if (lookup.credential) {
                lookup.place = std::move(answer.place);
                continue;
            }
        }
        lookup.others.push_back(std::move(answer));
    }
    return lookup;
}

Listing Chain::list()
{
    Listing listing;
    for (const auto& place : places_) {
        const std::string name = place->describe();
        try {
            for (Entry& entry : place->list())
                listing.entries.push_back({std::move(entry), name});
            if (!place->exists())
                listing.silent.push_back({name, is_not_there});
        } catch (const StoreUnavailable& unavailable) {
            if (is_named_)
                throw cannot_use(*place, unavailable);
            listing.silent.push_back({name, unavailable.what()});
        }
    }
    return listing;
}

CredentialStore& Chain::writable()
{
    const auto place = std::ranges::find_if(places_, [](const auto& p) { return !p->read_only(); });
    if (place != places_.end())
        return **place;
    throw StoreError(
        fmt::format("cannot change logons in {}: it can only be read", places_.front()->describe()),
        "give --store FILE, or set HOME");
}

CredentialStore* Chain::holder_of(const Account& account)
{
    for (const auto& place : places_) {
        try {
            if (!place->find(account))
                continue;
        } catch (const StoreUnavailable& unavailable) {
            if (is_named_)
                throw cannot_use(*place, unavailable);
            continue;
        }
        if (place->read_only())
            throw StoreError(
                fmt::format("cannot change the logon of '{}' at '{}': {} can only be read",
                            account.user, account.server, place->describe()),
                "change it where the unit gets its credentials from");
        return place.get();
    }
    return nullptr;
}

std::vector<std::string> Chain::warnings()
{
    std::vector<std::string> all;
    for (const auto& place : places_)
        for (std::string& warning : place->warnings())
            all.push_back(std::move(warning));
    return all;
}

}  // namespace credstore
