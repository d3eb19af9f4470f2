// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <CLI/CLI.hpp>

#include "environment.hpp"
#include "report/board.hpp"

/// The verbs, one file for each. What is added here lives as long as the CLI::App.
namespace vmrotate::cli {

/// The options that every verb knows.
struct Globals {
    bool json = false;
    bool quiet = false;
    bool verbose = false;
    std::string config_file;
};

/// What a command gets, and where it leaves its exit code.
struct Context {
    Environment& environment;
    const Globals& globals;
    int& exit_code;
    report::Board& board;  ///< what is shown while the command works
};

void add_backup(CLI::App& app, const Context& context);
void add_plan(CLI::App& app, const Context& context);
void add_clean(CLI::App& app, const Context& context);
void add_list(CLI::App& app, const Context& context);
void add_prune(CLI::App& app, const Context& context);
void add_pin(CLI::App& app, const Context& context);
void add_unpin(CLI::App& app, const Context& context);
void add_release(CLI::App& app, const Context& context);
void add_adopt(CLI::App& app, const Context& context);
void add_credential(CLI::App& app, const Context& context);

}  // namespace vmrotate::cli
