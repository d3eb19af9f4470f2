// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/options.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/conflicts.hpp"
#include "config/parse.hpp"
#include "config/resolve.hpp"

namespace vmrotate::cli {
namespace {

using config::Policy;

/// An option that, once given, sets one member of the policy.
template <typename Value>
CLI::Option* add_setting(CLI::App& command, config::Layer& layer, const std::string& name,
                         Value Policy::*member, const std::string& help)
{
    const std::function<void(const Value&)> set = [&layer, member](const Value& value) {
        layer.push_back([member, value](Policy& policy) { policy.*member = value; });
    };
    return command.add_option_function<Value>(name, set, help);
}

void override(std::string& value, const std::string& option)
{
    if (!option.empty())
        value = option;
}

}  // namespace

void ServerOptions::add_to(CLI::App& command)
{
    command.add_option("--vcenter", vcenter, "The vCenter server, HOST or HOST:PORT")
        ->group("Server");
    command.add_option("--user", user, "The account, if the store holds several")->group("Server");
    command.add_option("--ca-file", ca_file, "The CA of its certificate (PEM)")->group("Server");
    command
        .add_option("--fingerprint", fingerprint, "Its certificate's SHA-256, to trust it alone")
        ->group("Server");
    command.add_option("--store", store, "The sealed credential file")->group("Server");
    command.add_option("--key-file", key_file, "The key file that opens it")->group("Server");
}

void SelectionOptions::add_to(CLI::App& command)
{
    command.add_option("VM", vms, "The VMs, by their exact names");
    command.add_option("--job", jobs, "All VMs of this job of the configuration; may be repeated")
        ->group("Selection");
    const char* group = "Backup";
    add_setting(command, layer_, "--datastore", &Policy::datastore, "Where the copies lie")
        ->group(group);
    add_setting(command, layer_, "--folder", &Policy::folder,
                "The inventory folder of the copies [backup]")
        ->group(group);
    add_setting(command, layer_, "--keep", &Policy::keep, "How many generations stay [3]")
        ->check(CLI::Range(1, 98))
        ->group(group);
    add_setting(command, layer_, "--prefix", &Policy::prefix, "What their names begin with [zz_]")
        ->group(group);
    add_setting(command, layer_, "--set", &Policy::set, "The ring that they belong to [default]")
        ->group(group);
    add_setting(command, layer_, "--host", &Policy::host,
                "The host that makes the copy: auto, source, or a name [auto]")
        ->group(group);
    command
        .add_flag_callback(
            "--create-folder",
            [this] { layer_.push_back([](Policy& policy) { policy.create_folder = true; }); },
            "Make the folder if it does not exist")
        ->group(group);
}

config::Config load_config(const Context& context, const ServerOptions& options)
{
    const std::filesystem::path file = context.globals.config_file.empty()
                                           ? context.environment.paths.config
                                           : std::filesystem::path(context.globals.config_file);
    config::Config config;
    if (!file.empty()) {
        auto parsed = config::load(file);
        if (!parsed.problems.empty())
            throw Error(ErrorKind::usage,
                        "cannot use the configuration:\n" +
                            config::sentence(file.string(), parsed.problems),
                        "nothing was contacted; 'examples/vmrotate.toml' shows every key");
        config = std::move(parsed.config);
    }
    override(config.vcenter.server, options.vcenter);
    override(config.vcenter.user, options.user);
    override(config.vcenter.ca_file, options.ca_file);
    override(config.vcenter.fingerprint, options.fingerprint);
    override(config.vcenter.store, options.store);
    override(config.vcenter.key_file, options.key_file);
    return config;
}

std::vector<config::Assignment> selected(const config::Config& config,
                                         const SelectionOptions& options)
{
    auto selection = config::select(config, options.vms, options.jobs, options.layer());
    auto all = config.jobs.empty() ? selection : config::assignments(config, options.layer());
    all.insert(all.end(), selection.begin(), selection.end());
    if (const auto conflicts = config::conflicts(all); !conflicts.empty())
        throw Error(ErrorKind::usage, fmt::format("{}", fmt::join(conflicts, "\n")));
    return selection;
}

std::vector<std::string> source_names(const config::Config& config,
                                      const std::vector<config::Assignment>& selection)
{
    std::set<std::string> names;
    for (const auto& [name, job] : config.jobs)
        names.insert(job.vms.begin(), job.vms.end());
    for (const auto& [name, layer] : config.vms)
        names.insert(name);
    for (const config::Assignment& assignment : selection)
        names.insert(assignment.vm);
    return {names.begin(), names.end()};
}

}  // namespace vmrotate::cli
