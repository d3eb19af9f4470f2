// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/parse.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "config/hazards.hpp"
#include "config/key_homes.hpp"
#include "config/keys.hpp"
#include "config/selectors.hpp"
#include "config/toml_values.hpp"

namespace vmrotate::config {
namespace {

using Names = std::vector<std::string>;

constexpr auto secret_advice = " may not stand in this file: use 'vmrotate credential add'";

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
        refuse_freezes_without_probe();
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
        const std::string advice = advice_on(name);
        report(key.source(),
               fmt::format("unknown {} {}{}", node.is_table() ? "table" : "key", in_quotes(name),
                           advice.empty() ? did_you_mean(name, known) : advice));
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

    using Take = std::function<void(const std::string& key, const toml::node& value)>;

    /// Takes the value of each key that is known here; `take` may find it to be wrong.
    void read_keys(const toml::table& table, const std::string& here, const Names& known,
                   const Take& take)
    {
        for (auto&& [key, node] : table) {
            const std::string name = text_of(key);
            const toml::node& value = node;
            if (contains(known, name))
                try_at(value.source(), "", [&] { take(name, value); });
            else
                unknown(key, node, here, known);
        }
    }

    void read_vcenter(const toml::table& table)
    {
        read_keys(table, "[vcenter]", vcenter_keys(),
                  [&](const std::string& key, const toml::node& value) {
                      vcenter_setting(key, value_of(value))(parsed_.config.vcenter);
                  });
    }

    void read_defaults(const toml::table& table)
    {
        Layers layers = read_layers(table, "[defaults]", known_in_defaults());
        parsed_.config.defaults = std::move(layers.settings);
        parsed_.config.default_rules = std::move(layers.rules);
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

    struct Layers {
        Layer settings;
        RulesLayer rules;
    };

    /// `known` are all keys of the table, those that another reader reads too.
    Layers read_layers(const toml::table& table, const std::string& here, const Names& known)
    {
        Layers layers;
        read_keys(table, here, known, [&](const std::string& key, const toml::node& value) {
            if (contains(rule_keys(), key))
                layers.rules.push_back(rule_setting(key, value_of(value)));
            else if (contains(policy_keys(), key)) {
                layers.settings.push_back(policy_setting(key, value_of(value)));
                note_probe(layers.settings.back(), value.source());
            }
        });
        return layers;
    }

    /// Who is warned of a freeze has to be probed, somewhere in the file.
    void note_probe(const Layer::value_type& setting, const toml::source_region& at)
    {
        Policy policy;
        setting(policy);
        has_probe_ |= policy.probe.kind != Probe::Kind::off;
        if (policy.max_freeze != Policy().max_freeze && policy.max_freeze.count() > 0)
            max_freezes_.push_back(at);
    }

    void refuse_freezes_without_probe()
    {
        for (const toml::source_region& at : max_freezes_)
            if (!has_probe_)
                report(at,
                       "max_freeze is of no use without probe: write probe = \"tcp:22\" (a port of "
                       "the guest) or \"icmp\" beside it");
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
                parsed_.config.vms[name] = read_layers(*table, header, policy_keys()).settings;
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
        read_keys(table, "[group.NAME]", known,
                  [&](const std::string& name, const toml::node& value) {
                      if (name == "vms")
                          group.vms = read_lines(value, group_members());
                      else
                          group_setting(name, value_of(value))(group);
                  });
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
        Layers layers = read_layers(table, "[job.NAME]", known_in_job());
        job.settings = std::move(layers.settings);
        job.rules = std::move(layers.rules);
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
    bool has_probe_ = false;
    std::vector<toml::source_region> max_freezes_;  ///< that somebody set
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
