// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/options.hpp"

#include <algorithm>
#include <charconv>
#include <set>

#include <fmt/format.h>

#include "base/error.hpp"
#include "config/keys.hpp"
#include "config/parse.hpp"

namespace vmrotate::cli {
namespace {

/// What was typed, as the configuration's reader takes it.
config::Value value_of(const std::string& option, const std::string& text)
{
    if (text.starts_with("--"))
        throw Error(ErrorKind::usage, fmt::format("no value: '{}' is an option", text));
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (option == "--keep" && error == std::errc{} && end == text.data() + text.size())
        return number;
    return text;
}

/// "--ca-file" is the key "ca_file"; of several names of an option, the last.
std::string key_of(const std::string& option)
{
    std::string key = option.substr(option.rfind("--") + 2);
    std::ranges::replace(key, '-', '_');
    return key;
}

/// An option that is a key of the configuration: read by the same reader, refused alike.
template <typename Target>
void add_key(CLI::App& command, const char* group, const std::string& option,
             std::vector<std::function<void(Target&)>>& layer,
             std::function<void(Target&)> (*read)(const std::string&, const config::Value&),
             const std::string& help)
{
    const std::function<void(const std::string&)> take = [&layer, read,
                                                          option](const std::string& text) {
        try {
            layer.push_back(read(key_of(option), value_of(option, text)));
        } catch (const Error& e) {
            throw e.within(option);
        }
    };
    command.add_option_function<std::string>(option, take, help)->group(group);
}

}  // namespace

void ServerOptions::add_to(CLI::App& command)
{
    const auto add = [&](const char* option, const char* help) {
        add_key(command, "Server", option, layer_, config::vcenter_setting, help);
    };
    const std::function<void(const std::string&)> take = [this](const std::string& text) {
        take_server("--vcenter", text);
    };
    command.add_option_function<std::string>("--vcenter", take, "The server, HOST or HOST:PORT")
        ->group("Server");
    add("--user", "The account, if the store holds several");
    add("--ca-file", "The CA of its certificate (PEM)");
    add("--pin,--fingerprint", "Its certificate's SHA-256, to trust it alone");
    add("--store", "A sealed file, systemd, or secret-service");
    add("--key-file", "The key file that opens it");
}

void ServerOptions::add_with_server_to(CLI::App& command)
{
    const std::function<void(const std::string&)> take = [this](const std::string& text) {
        take_server("SERVER", text);
    };
    command.add_option_function<std::string>("SERVER", take,
                                             "HOST or HOST:PORT, unless the configuration has it");
    add_to(command);
}

void ServerOptions::take_server(const std::string& option, const std::string& text)
{
    if (!server_.empty() && server_ != text)
        throw Error(ErrorKind::usage,
                    fmt::format("two servers are named, '{}' and '{}'", server_, text));
    server_ = text;
    try {
        layer_.push_back(config::vcenter_setting("server", value_of(option, text)));
    } catch (const Error& e) {
        throw e.within(option);
    }
}

void ServerOptions::apply_to(config::Vcenter& vcenter) const
{
    for (const auto& set : layer_)
        set(vcenter);
}

void SelectionOptions::add_to(CLI::App& command)
{
    command.add_option("VM", vms, "VMs by their exact names, and jobs");
    command.add_option("--job", jobs, "All VMs of this job of the configuration; may be repeated")
        ->allow_extra_args(false)
        ->group("Selection");
    const auto add = [&](const char* option, const char* help) {
        add_key(command, "Backup", option, layer_, config::policy_setting, help);
    };
    add("--datastore", "Where the copies lie");
    add("--folder", "The inventory folder of the copies [backup]");
    add("--keep", "How many generations stay, 1 to 98 [3]");
    add("--prefix", "What their names begin with [zz_]");
    add("--set", "The ring that they belong to [default]");
    add("--host", "The host that makes the copy: auto, source, or a name [auto]");
    add("--quiesce", "Bring the guest to rest: off, prefer, require [off]");
    const auto create = [this] { layer_.push_back(config::policy_setting("create_folder", true)); };
    command.add_flag_callback("--create-folder", create, "Make the folder if it does not exist")
        ->group("Backup");
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
            throw Error(
                ErrorKind::usage,
                "cannot use the configuration:\n" +
                    config::sentence(file.string(), parsed.problems),
                "nothing was contacted; share/doc/vmrotate/vmrotate.toml shows every key, and "
                "'man vmrotate' tells of them");
        config = std::move(parsed.config);
    }
    options.apply_to(config.vcenter);
    return config;
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
