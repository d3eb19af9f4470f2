// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.hpp"

#include <cstddef>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/reading.hpp"

namespace vmrotate::config {
namespace {

Value value_of(const Scalar& scalar)
{
    return std::visit([](const auto& value) { return Value(value); }, scalar);
}

/// `key = value` in one entry of `copies`.
void put(FurtherPlace& place, const std::string& key, const Value& value)
{
    if (key == "datastore" || key.empty())
        place.datastore = read_text(value);
    else if (key == "folder")
        place.folder = read_folder(value);
    else if (key == "prefix")
        place.prefix = read_prefix(value);
    else if (key == "set")
        place.set = read_set(value);
    else if (key == "keep")
        place.keep = read_keep(value);
    else
        refuse("is unknown" + did_you_mean(key, {"datastore", "folder", "prefix", "set", "keep"}));
}

FurtherPlace read_place(const std::map<std::string, Scalar>& table)
{
    FurtherPlace place;
    for (const auto& [key, value] : table) {
        try {
            put(place, key, value_of(value));
        } catch (const Error& error) {
            refuse(key.empty() ? error.what() : fmt::format("{} {}", in_quotes(key), error.what()));
        }
    }
    if (place.datastore.empty())
        refuse("names no datastore: { datastore = \"NFS_mango\", keep = 8 }");
    return place;
}

/// Names and tables alike.
Tables tables_of(const Value& value)
{
    if (const auto* tables = std::get_if<Tables>(&value))
        return *tables;
    const auto* names = std::get_if<std::vector<std::string>>(&value);
    if (names == nullptr)
        refuse("must be a list of datastores: [\"NFS_durian\", \"NFS_mango\"]");
    Tables tables;
    for (const std::string& name : *names)
        tables.push_back({{"", name}});
    return tables;
}

}  // namespace

std::vector<FurtherPlace> read_copies(const Value& value)
{
    constexpr std::size_t most = 9;
    const Tables tables = tables_of(value);
    if (tables.size() > most)
        refuse(fmt::format("may have {} entries, this has {}", most, tables.size()));
    std::vector<FurtherPlace> places;
    for (const auto& table : tables) {
        try {
            places.push_back(read_place(table));
        } catch (const Error& error) {
            refuse(fmt::format("entry {} {}", places.size() + 1, error.what()));
        }
    }
    return places;
}

}  // namespace vmrotate::config
