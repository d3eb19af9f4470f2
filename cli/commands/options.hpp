// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "commands/commands.hpp"
#include "config/config.hpp"

/// The options that several verbs share, and what they make of the configuration.
namespace vmrotate::cli {

/// Which server, and where its logon is. Each overrides [vcenter].
class ServerOptions {
public:
    void add_to(CLI::App& command);

    /// The same, and the server as the verb's first word: SERVER means what --vcenter does.
    void add_with_server_to(CLI::App& command);

    /// Lays what the command line said on top of the configuration.
    void apply_to(config::Vcenter& vcenter) const;

private:
    void take_server(const std::string& option, const std::string& text);

    std::vector<std::function<void(config::Vcenter&)>> layer_;
    std::string server_;  ///< as it was typed
};

/// Which VMs, and how they are backed up.
struct SelectionOptions {
    std::vector<std::string> vms, jobs;

    void add_to(CLI::App& command);

    /// What the command line says about the policy, to be laid on top of the configuration.
    const config::Layer& layer() const { return layer_; }

private:
    config::Layer layer_;
};

/// The configuration file, if there is one, with the server options laid on top. Throws
/// Error (usage) with every problem of the file.
config::Config load_config(const Context& context, const ServerOptions& options);

/// Names of all VMs that the configuration and the selection back up.
std::vector<std::string> source_names(const config::Config& config,
                                      const std::vector<config::Assignment>& selection);

}  // namespace vmrotate::cli
