// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/keys.hpp"

#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vmrotate::config {
namespace {

template <class Target>
using Setting = std::function<void(Target&)>;

template <class Target>
struct Key {
    std::string_view name;
    std::function<Setting<Target>(const Value&)> read;
};

template <class Target>
using Table = std::vector<Key<Target>>;

template <class Target, class Member>
Key<Target> key(std::string_view name, Member Target::*member, Member (*read)(const Value&))
{
    return {name, [member, read](const Value& value) -> Setting<Target> {
                return [member, result = read(value)](Target& target) { target.*member = result; };
            }};
}

const Table<Vcenter>& vcenter_table()
{
    static const Table<Vcenter> table = {
        key("server", &Vcenter::server, read_server),
        key("user", &Vcenter::user, read_text),
        key("ca_file", &Vcenter::ca_file, read_text),
        key("fingerprint", &Vcenter::fingerprint, read_fingerprint),
        key("store", &Vcenter::store, read_text),
        key("key_file", &Vcenter::key_file, read_text),
        key("retry_for", &Vcenter::retry_for, read_duration),
        key("reply_timeout", &Vcenter::reply_timeout, read_time_limit),
    };
    return table;
}

const Table<Policy>& policy_table()
{
    static const Table<Policy> table = {
        key("datastore", &Policy::datastore, read_text),
        key("folder", &Policy::folder, read_folder),
        key("keep", &Policy::keep, read_keep),
        key("prefix", &Policy::prefix, read_prefix),
        key("set", &Policy::set, read_set),
        key("copies", &Policy::copies, read_copies),
        key("alias", &Policy::alias, read_alias),
        key("self", &Policy::self, read_switch),
        key("host", &Policy::host, read_text),
        key("quiesce", &Policy::quiesce, read_quiesce),
        key("nics", &Policy::nics, read_nics),
        key("consolidate", &Policy::consolidate, read_consolidate),
        key("create_folder", &Policy::create_folder, read_switch),
        key("before_snapshot", &Policy::before_snapshot, read_command),
        key("after_snapshot", &Policy::after_snapshot, read_command),
        key("after_clone", &Policy::after_clone, read_command),
        key("on_failure", &Policy::on_failure, read_command),
        key("thaw", &Policy::thaw, read_command),
        key("hook_failure", &Policy::hook_failure, read_hook_failure),
        key("hook_timeout", &Policy::hook_timeout, read_time_limit),
        key("probe", &Policy::probe, read_probe),
        key("probe_address", &Policy::probe_address, read_text),
        key("max_freeze", &Policy::max_freeze, read_duration),
        key("newest_alias", &Policy::newest_alias, read_switch),
        key("event_log", &Policy::event_log, read_switch),
        key("min_age", &Policy::min_age, read_duration),
        key("task_wait", &Policy::task_wait, read_duration),
        key("removal_wait", &Policy::removal_wait, read_duration),
        key("task_limit", &Policy::task_limit, read_time_limit),
        key("grace", &Policy::grace, read_duration),
        key("deadline", &Policy::deadline, read_duration),
    };
    return table;
}

const Table<JobRules>& rules_table()
{
    static const Table<JobRules> table = {
        key("concurrency", &JobRules::concurrency, read_count),
        key("per_source_datastore", &JobRules::per_source_datastore, read_count),
        key("per_target_datastore", &JobRules::per_target_datastore, read_count),
        key("per_host", &JobRules::per_host, read_count),
        key("window", &JobRules::window, read_window),
        key("days", &JobRules::days, read_days),
        key("window_is_failure", &JobRules::window_is_failure, read_switch),
        key("min_interval", &JobRules::min_interval, read_duration),
        key("before_job", &JobRules::before_job, read_command),
        key("after_job", &JobRules::after_job, read_command),
        key("job_hook_timeout", &JobRules::job_hook_timeout, read_time_limit),
    };
    return table;
}

const Table<Group>& group_table()
{
    static const Table<Group> table = {
        key("consistent", &Group::consistent, read_switch),
        key("group_waits", &Group::group_waits, read_switch),
        key("policy", &Group::policy, read_group_policy),
        key("on_freeze", &Group::on_freeze, read_on_freeze),
        key("patience", &Group::patience, read_time_limit),
    };
    return table;
}

template <class Target>
std::vector<std::string> names(const Table<Target>& table)
{
    std::vector<std::string> result;
    for (const Key<Target>& row : table)
        result.emplace_back(row.name);
    return result;
}

template <class Target>
Setting<Target> setting(const Table<Target>& table, const std::string& name, const Value& value)
{
    const auto row = std::ranges::find(table, name, &Key<Target>::name);
    if (row == table.end())
        throw Error(ErrorKind::usage, fmt::format("unknown key {}{}", in_quotes(name),
                                                  did_you_mean(name, names(table))));
    try {
        return row->read(value);
    } catch (const Error& error) {
        throw Error(error.kind(), fmt::format("{} {}", name, error.what()));
    }
}

}  // namespace

std::vector<std::string> vcenter_keys()
{
    return names(vcenter_table());
}

std::vector<std::string> policy_keys()
{
    return names(policy_table());
}

std::vector<std::string> rule_keys()
{
    return names(rules_table());
}

std::vector<std::string> group_keys()
{
    return names(group_table());
}

std::function<void(Group&)> group_setting(const std::string& key, const Value& value)
{
    return setting(group_table(), key, value);
}

std::function<void(Vcenter&)> vcenter_setting(const std::string& key, const Value& value)
{
    return setting(vcenter_table(), key, value);
}

std::function<void(Policy&)> policy_setting(const std::string& key, const Value& value)
{
    return setting(policy_table(), key, value);
}

std::function<void(JobRules&)> rule_setting(const std::string& key, const Value& value)
{
    return setting(rules_table(), key, value);
}

}  // namespace vmrotate::config
