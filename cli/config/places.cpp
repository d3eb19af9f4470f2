// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/places.hpp"

#include <utility>

#include <fmt/format.h>

#include "base/text.hpp"

namespace vmrotate::config {
namespace {

constexpr std::size_t longest_prefix = 20, longest_set = 32;

bool is_mere_name(const FurtherPlace& place)
{
    return place ==
           FurtherPlace{.datastore = place.datastore, .folder = {}, .prefix = {}, .set = {}};
}

Assignment further(const Assignment& first, const FurtherPlace& place, std::size_t number)
{
    Assignment result = first;
    result.first = first.policy;
    Policy& policy = result.policy;
    policy.copies.clear();
    policy.datastore = place.datastore;
    policy.folder = place.folder.empty() ? policy.folder : place.folder;
    policy.keep = place.keep.value_or(policy.keep);
    policy.prefix = place.prefix.empty() ? numbered_prefix(policy.prefix, number) : place.prefix;
    policy.set = place.set.empty() ? fmt::format("{}-{}", policy.set, number) : place.set;
    return result;
}

}  // namespace

void settle_copies(Policy& policy)
{
    if (policy.copies.empty() || !is_mere_name(policy.copies.front()))
        return;
    const std::string& name = policy.copies.front().datastore;
    if (!policy.datastore.empty() && policy.datastore != name)
        return;
    policy.datastore = name;
    policy.copies.erase(policy.copies.begin());
}

std::string numbered_prefix(const std::string& prefix, std::size_t number)
{
    const auto end = prefix.find_last_not_of("_-.");
    const auto stem = end == std::string::npos ? 0 : end + 1;
    return fmt::format("{}{}{}", prefix.substr(0, stem), number, prefix.substr(stem));
}

std::vector<Assignment> places_of(const Assignment& assignment)
{
    std::vector<Assignment> result{assignment};
    for (const FurtherPlace& place : assignment.policy.copies)
        result.push_back(further(assignment, place, result.size()));
    return result;
}

std::vector<Assignment> places_of(const std::vector<Assignment>& assignments)
{
    std::vector<Assignment> result;
    for (const Assignment& assignment : assignments)
        for (Assignment& place : places_of(assignment))
            result.push_back(std::move(place));
    return result;
}

std::vector<std::string> doubled_places(const Assignment& assignment)
{
    std::vector<std::string> seen, problems;
    for (const Assignment& place : places_of(assignment)) {
        const std::string& datastore = place.policy.datastore;
        if (!datastore.empty() && contains(seen, datastore))
            problems.push_back(fmt::format("{}: two places of it are on the datastore {}",
                                           in_quotes(assignment.vm), in_quotes(datastore)));
        seen.push_back(datastore);
    }
    return problems;
}

std::vector<std::string> problems_of_places(const Assignment& assignment)
{
    std::vector<std::string> problems;
    const auto check = [&](const char* key, const std::string& text, std::size_t longest,
                           const Policy& policy) {
        if (characters(text).size() > longest)
            problems.push_back(
                fmt::format("{}: the {} {} of the copies on {} has more than {} characters; give "
                            "them a {} of their own",
                            in_quotes(assignment.vm), key, in_quotes(text),
                            in_quotes(policy.datastore), longest, key));
    };
    for (const Assignment& place : places_of(assignment)) {
        check("prefix", place.policy.prefix, longest_prefix, place.policy);
        check("set", place.policy.set, longest_set, place.policy);
    }
    return problems;
}

}  // namespace vmrotate::config
