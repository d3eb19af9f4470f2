// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/toml_values.hpp"

#include <map>
#include <utility>
#include <variant>
#include <vector>

namespace vmrotate::config {
namespace {

Scalar scalar_of(const toml::node& node)
{
    if (const auto* text = node.as_string())
        return text->get();
    if (const auto* number = node.as_integer())
        return number->get();
    if (const auto* state = node.as_boolean())
        return state->get();
    return std::monostate{};
}

/// Nothing where lists, dates and the like stand in it.
Value list_of(const toml::array& array)
{
    std::vector<std::string> texts;
    Tables tables;
    for (const toml::node& element : array) {
        std::map<std::string, Scalar> entry;
        if (const auto* table = element.as_table()) {
            for (auto&& [key, node] : *table)
                entry[text_of(key)] = scalar_of(node);
        } else if (const auto* text = element.as_string()) {
            texts.push_back(text->get());
            entry[""] = text->get();
        } else {
            return std::monostate{};
        }
        tables.push_back(std::move(entry));
    }
    if (texts.size() == tables.size())
        return texts;
    return tables;
}

}  // namespace

std::string text_of(const toml::key& key)
{
    return std::string(key.str());
}

Value value_of(const toml::node& node)
{
    if (const auto* array = node.as_array())
        return list_of(*array);
    return std::visit([](const auto& scalar) { return Value(scalar); }, scalar_of(node));
}

}  // namespace vmrotate::config
