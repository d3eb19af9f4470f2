// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/parse.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

// Malformed text ("[[[") breaks assertions of the library, after which it would report it.
#define TOML_ASSERT(expression) static_assert(true)
#include <toml++/toml.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/hazards.hpp"
#include "config/keys.hpp"

namespace vmrotate::config {
namespace {

using Names = std::vector<std::string>;

constexpr auto secret_advice = " may not stand in this file: use 'vmrotate credential add'";

std::string text_of(const toml::key& key)
{
    return std::string(key.str());
}

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

Value value_of(const toml::node& node)
{
    if (const auto* array = node.as_array())
        return list_of(*array);
    return std::visit([](const auto& scalar) { return Value(scalar); }, scalar_of(node));
}

/// The lines of a job that say which VMs are meant: the key, its list, and how a line is read.
struct Selector {
    std::string key;
    Names Job::*lines;
    std::string (*read)(const Value&);
};

const std::vector<Selector>& selectors()
{
    static const std::vector<Selector> table = {
        {"vms", &Job::vms, read_text},         {"folders", &Job::folders, read_folder},
        {"pools", &Job::pools, read_folder},   {"attributes", &Job::attributes, read_attribute},
        {"exclude", &Job::exclude, read_text},
    };
    return table;
}

bool is_selector(const std::string& key)
{
    return std::ranges::count(selectors(), key, &Selector::key) > 0;
}

/// Where a key belongs that stands in the wrong table: "[defaults]", or nothing.
std::string home_of(const std::string& key)
{
    if (key == "alias" || key == "self")
        return "[vm.\"NAME\"]";
    if (contains(group_keys(), key))
        return "[group.NAME]";
    if (is_selector(key))
        return "[job.NAME]";
    if (contains(vcenter_keys(), key))
        return "[vcenter]";
    return contains(policy_keys(), key) || contains(rule_keys(), key) ? "[defaults]" : "";
}

/// A table may bear such a name: there are VMs that do.
bool is_secret(std::string key, const toml::node& node)
{
    for (char& c : key)
        c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    return !node.is_table() && contains({"password", "passwd", "passphrase", "secret"}, key);
}

/// Walks the document and collects what it says and what is wrong.
class Reader {
public:
    explicit Reader(Parsed& parsed) : parsed_(parsed) {}

    void read(const toml::table& document)
    {
        refuse_secrets(document);
        for (auto&& [key, node] : document) {
            const std::string name = text_of(key);
            if (name == "vcenter")
                with_table(name, node, [&](const toml::table& table) { read_vcenter(table); });
            else if (name == "defaults")
                with_table(name, node, [&](const toml::table& table) { read_defaults(table); });
            else if (name == "job" || name == "vm" || name == "group")
                with_table(name, node, [&](const toml::table& table) { read_each(name, table); });
            else
                unknown(key, node, "", {"vcenter", "defaults", "job", "vm", "group"});
        }
    }

private:
    using Use = std::function<void(const toml::table&)>;

    void report(const toml::source_region& at, std::string message)
    {
        parsed_.problems.push_back({static_cast<int>(at.begin.line),
                                    static_cast<int>(at.begin.column), std::move(message)});
    }

    void with_table(const std::string& name, const toml::node& node, const Use& use)
    {
        if (const auto* table = node.as_table())
            use(*table);
        else
            report(node.source(), fmt::format("{} must be a table: [{}]", name, name));
    }

    /// `here` is the table's name in brackets, or nothing at the top of the file.
    void unknown(const toml::key& key, const toml::node& node, const std::string& here,
                 const Names& known)
    {
        const std::string name = text_of(key);
        const std::string home = home_of(name);
        if (is_secret(name, node))
            return;
        if (!home.empty() && home != here)
            return report(key.source(), fmt::format("{} belongs into {}", name, home));
        report(key.source(), fmt::format("unknown {} {}{}", node.is_table() ? "table" : "key",
                                         in_quotes(name), did_you_mean(name, known)));
    }

    void refuse_secrets(const toml::node& node)
    {
        if (const auto* array = node.as_array())
            for (const toml::node& element : *array)
                refuse_secrets(element);
        if (const auto* table = node.as_table())
            for (auto&& [key, element] : *table) {
                if (is_secret(text_of(key), element))
                    report(key.source(), text_of(key) + secret_advice);
                refuse_secrets(element);
            }
    }

    /// Runs what may find a value to be wrong. The message goes on from `subject`.
    template <class Do>
    void try_at(const toml::source_region& at, const std::string& subject, Do&& action)
    {
        try {
            action();
        } catch (const Error& error) {
            report(at, subject.empty() ? error.what() : subject + " " + error.what());
        }
    }

    void read_vcenter(const toml::table& table)
    {
        const Names known = vcenter_keys();
        for (auto&& [key, node] : table) {
            const std::string name = text_of(key);
            const toml::node& value = node;
            if (contains(known, name))
                try_at(value.source(), "",
                       [&] { vcenter_setting(name, value_of(value))(parsed_.config.vcenter); });
            else
                unknown(key, node, "[vcenter]", known);
        }
    }

    void read_defaults(const toml::table& table)
    {
        parsed_.config.defaults = read_policy(table, "[defaults]", known_in_defaults());
        parsed_.config.default_rules = read_rules(table);
    }

    static Names known_in_defaults()
    {
        Names names = policy_keys();
        std::erase(names, "alias");
        std::erase(names, "self");
        for (const std::string& rule : rule_keys())
            names.push_back(rule);
        return names;
    }

    static Names known_in_job()
    {
        Names names = known_in_defaults();
        for (const Selector& selector : selectors())
            names.push_back(selector.key);
        return names;
    }

    /// `known` are all keys of the table, those that another reader reads too.
    Layer read_policy(const toml::table& table, const std::string& here, const Names& known)
    {
        Layer settings;
        for (auto&& [key, node] : table) {
            const std::string name = text_of(key);
            const toml::node& value = node;
            if (!contains(known, name))
                unknown(key, node, here, known);
            else if (contains(policy_keys(), name))
                try_at(value.source(), "",
                       [&] { settings.push_back(policy_setting(name, value_of(value))); });
        }
        return settings;
    }

    RulesLayer read_rules(const toml::table& table)
    {
        RulesLayer rules;
        for (auto&& [key, node] : table) {
            const std::string name = text_of(key);
            const toml::node& value = node;
            if (contains(rule_keys(), name))
                try_at(value.source(), "",
                       [&] { rules.push_back(rule_setting(name, value_of(value))); });
        }
        return rules;
    }

    /// The tables below [job], [vm] or [group].
    void read_each(const std::string& kind, const toml::table& tables)
    {
        const std::string header = kind == "vm" ? "[vm.\"NAME\"]" : fmt::format("[{}.NAME]", kind);
        for (auto&& [key, node] : tables) {
            const std::string name = text_of(key);
            const auto* table = node.as_table();
            if (table == nullptr) {
                if (!is_secret(name, node))
                    report(key.source(),
                           fmt::format("{} must stand in a table {}", in_quotes(name), header));
                continue;
            }
            try_at(key.source(), fmt::format("the name in {}", header), [&] { read_text(name); });
            if (kind == "vm")
                parsed_.config.vms[name] = read_policy(*table, header, policy_keys());
            else if (kind == "group")
                parsed_.config.groups[name] = read_group(key, *table);
            else
                parsed_.config.jobs[name] = read_job(key, *table);
        }
    }

    Group read_group(const toml::key& key, const toml::table& table)
    {
        Group group;
        Names known = group_keys();
        known.emplace_back("vms");
        for (auto&& [each, node] : table) {
            const std::string name = text_of(each);
            const toml::node& value = node;
            if (name == "vms")
                group.vms = read_lines(node, selectors().front());
            else if (contains(known, name))
                try_at(value.source(), "", [&] { group_setting(name, value_of(value))(group); });
            else
                unknown(each, node, "[group.NAME]", known);
        }
        if (group.vms.size() < 2)
            report(key.source(),
                   fmt::format("group {} must have two vms at least", in_quotes(text_of(key))));
        for (const std::string& vm : group.vms)
            for (const auto& [other, members] : parsed_.config.groups)
                if (contains(members.vms, vm))
                    report(key.source(), fmt::format("{} is in the groups {} and {}", in_quotes(vm),
                                                     in_quotes(other), in_quotes(text_of(key))));
        return group;
    }

    Job read_job(const toml::key& key, const toml::table& table)
    {
        Job job;
        job.settings = read_policy(table, "[job.NAME]", known_in_job());
        job.rules = read_rules(table);
        bool selects = false;
        for (const Selector& selector : selectors())
            if (const toml::node* lines = table.get(selector.key)) {
                job.*selector.lines = read_lines(*lines, selector);
                selects |= selector.key != "exclude";
            }
        if (!selects)
            report(key.source(), fmt::format("job {} has no vms", in_quotes(text_of(key))));
        return job;
    }

    Names read_lines(const toml::node& node, const Selector& selector)
    {
        Names lines;
        const std::string& list = selector.key;
        const auto* array = node.as_array();
        if (array == nullptr || array->empty()) {
            report(node.source(),
                   array == nullptr
                       ? list + " must be a list of names: [\"a\", \"b\"]"
                       : list + " must name at least one" + (list == "vms" ? " VM" : ""));
            return lines;
        }
        std::set<std::string> seen;
        for (const toml::node& element : *array)
            try_at(element.source(), "a name in " + list, [&] {
                std::string line = selector.read(value_of(element));
                if (seen.insert(line).second)
                    lines.push_back(std::move(line));
                else
                    report(element.source(),
                           fmt::format("{} names {} twice", list, in_quotes(line)));
            });
        return lines;
    }

    Parsed& parsed_;
};

Problem syntax_problem(const toml::parse_error& error)
{
    constexpr std::string_view opening = "Error while parsing ";
    const std::string text = printable(error.description(), 300);
    const toml::source_position& at = error.source().begin;
    return {static_cast<int>(at.line), static_cast<int>(at.column),
            text.starts_with(opening)
                ? fmt::format("syntax error in {}", text.substr(opening.size()))
                : fmt::format("syntax error: {}", text)};
}

}  // namespace

Parsed parse(std::string_view toml_text, const std::string& file_name)
{
    Parsed parsed;
    parsed.config.file = file_name;
    if (const auto problem = find_hazard(toml_text)) {
        parsed.problems.push_back(*problem);
        return parsed;
    }
    try {
        Reader(parsed).read(toml::parse(toml_text));
    } catch (const toml::parse_error& error) {
        parsed.problems.push_back(syntax_problem(error));
    }
    std::ranges::stable_sort(parsed.problems, {}, [](const Problem& problem) {
        return std::tie(problem.line, problem.column);
    });
    return parsed;
}

}  // namespace vmrotate::config
