// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chain.hpp"
#include "commands/commands.hpp"
#include "commands/options.hpp"
#include "credential_store.hpp"

/// The verbs of `credential`, one file for each, and what they share.
namespace vmrotate::cli::credential {

/// What every verb of the group knows.
struct Options {
    ServerOptions server;
    bool dry_run = false;
};

enum class Takes { server, no_server };
enum class DryRun { yes, no };  ///< a verb that only reads has none

/// A verb with these options, which runs `act` on them. More options may be added to it.
template <class OptionsOfVerb>
CLI::App* add_verb(CLI::App& group, const Context& context, const char* name, const char* help,
                   const std::shared_ptr<OptionsOfVerb>& options,
                   int (*act)(const OptionsOfVerb&, const Context&), Takes takes, DryRun dry_run)
{
    CLI::App* const command = group.add_subcommand(name, help);
    if (takes == Takes::server)
        options->server.add_with_server_to(*command);
    else
        options->server.add_to(*command);
    if (dry_run == DryRun::yes)
        command->add_flag("-n,--dry-run", options->dry_run, "Change nothing; say what would be");
    command->callback([options, context, act] { context.exit_code = act(*options, context); });
    return command;
}

void add_add(CLI::App& group, const Context& context);
void add_list(CLI::App& group, const Context& context);
void add_test(CLI::App& group, const Context& context);
void add_remove(CLI::App& group, const Context& context);
void add_rekey(CLI::App& group, const Context& context);
void add_trust(CLI::App& group, const Context& context);
void add_import(CLI::App& group, const Context& context);

/// How a verb ended, for people or for programs.
struct End {
    std::string verb;  ///< "add"
    bool changed = false;
    std::string sentence;
    bool dry_run = false;
    int exit_code = 0;
};

/// Says it, and returns the exit code.
int finish(const Context& context, const End& end);

/// Throws Error (usage) where no server or no account is named.
credstore::Account account_of(const config::Vcenter& vcenter);

/// "1 logon", "3 logons".
std::string count_text(std::size_t logons);

/// The accounts of a server that the stores hold, each once; only `user` unless it is empty.
std::vector<credstore::Entry> entries_at(credstore::Chain& stores, const config::Vcenter& vcenter);

}  // namespace vmrotate::cli::credential
