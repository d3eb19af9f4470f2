// SPDX-License-Identifier: GPL-3.0-or-later
#include "app.hpp"

#include <algorithm>
#include <array>
#include <new>
#include <string_view>

#include <fmt/ostream.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "job/explain.hpp"
#include "report/board.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "version.hpp"

namespace vmrotate::cli {
namespace {

constexpr const char* description =
    "Back up vSphere VMs by rotating full clones.\n\n"
    "A backup snapshots a running VM, clones the snapshot to a backup datastore as\n"
    "zz_<vm>-<slot>-<yyyyMMddHHmm>, removes the snapshot, and lets the oldest clone expire.\n"
    "Every clone is a VM that can be started as it stands.";

constexpr const char* footer =
    "First steps:\n"
    "  vmrotate credential add vc.example.com --user backup@vsphere.local\n"
    "  vmrotate plan avocado2 --vcenter vc.example.com --datastore NFS_durian\n"
    "  vmrotate backup avocado2 --vcenter vc.example.com --datastore NFS_durian\n\n"
    "'vmrotate VERB --help' tells more. Exit codes: 0 ok, 1 failed, 2 usage or configuration,\n"
    "3 some VMs failed, 4 refused by a guard, 10 server unreachable or not trusted, 11 busy,\n"
    "12 logon, 13 privilege, 129/130/143 interrupted.";

bool wants_json(const std::vector<std::string>& arguments)
{
    return std::ranges::count(arguments, "--json") > 0;
}

/// The first word that is no option: for messages.
std::string verb_of(const std::vector<std::string>& arguments)
{
    const auto verb = std::ranges::find_if(
        arguments, [](const std::string& word) { return !word.starts_with("-"); });
    return verb == arguments.end() ? std::string() : *verb;
}

void add_globals(CLI::App& app, Globals& globals)
{
    app.add_flag("--json", globals.json, "Write JSON lines to standard output");
    app.add_flag("-q,--quiet", globals.quiet, "Say nothing but warnings and errors");
    app.add_flag("-v,--verbose", globals.verbose, "Say more");
    app.add_option("-c,--config", globals.config_file, "The configuration file");
    app.set_version_flag("--version", fmt::format("vmrotate {}", version));
    app.fallthrough();  // before the verbs are added: they inherit it
}

/// The App of the verb that was typed, its own verb included; `app` itself where there is none.
const CLI::App& innermost(const CLI::App& app)
{
    const auto chosen = app.get_subcommands();
    return chosen.empty() ? app : innermost(*chosen.front());
}

std::vector<std::string> words_known_to(const CLI::App& app)
{
    std::vector<std::string> words;
    for (const CLI::App* verb : app.get_subcommands({}))
        words.push_back(verb->get_name());
    for (const CLI::App* each = &app; each != nullptr; each = each->get_parent())
        for (const CLI::Option* option : each->get_options())
            for (const std::string& name : option->get_lnames())
                words.push_back("--" + name);
    return words;
}

Error explain_parse_error(const CLI::App& app, const CLI::ParseError& e,
                          const std::vector<std::string>& arguments)
{
    const CLI::App& verb = innermost(app);
    const std::string name =
        verb.get_parent() == nullptr ? "vmrotate" : "vmrotate " + verb.get_name();
    const std::string see = fmt::format("see '{} --help'", name);
    const auto unexpected = app.remaining(true);
    const auto first = std::ranges::find_if(arguments, [&](const std::string& word) {
        return std::ranges::count(unexpected, word) > 0;
    });
    if (first == arguments.end())
        return {ErrorKind::usage, e.what(), see};
    const std::string word = first->substr(0, first->find('='));
    const auto near = nearest(word, words_known_to(verb));
    const bool is_verb_of_group = verb.get_parent() != nullptr && !word.starts_with("-");
    const std::string group = is_verb_of_group ? verb.get_name() + " " : "";
    return {ErrorKind::usage,
            fmt::format("there is no {} '{}'", word.starts_with("-") ? "option" : "verb", word),
            near.empty() ? see : fmt::format("did you mean '{}{}'?", group, near.front())};
}

/// CLI11 takes the next word for the value of "--name=".
void refuse_empty_values(const std::vector<std::string>& arguments)
{
    for (const std::string& word : arguments) {
        if (word == "--")
            return;
        if (word.starts_with("--") && word.ends_with("=") && word.find('=') == word.size() - 1)
            throw Error(ErrorKind::usage, fmt::format("'{}' is given no value", word),
                        "leave the option out, or write a value behind it");
    }
}

report::Surroundings surroundings_of(const Environment& environment)
{
    return {.out = environment.out,
            .err = environment.err,
            .out_is_ready = environment.out_is_ready,
            .out_is_screen = environment.screen.shows_out,
            .screen = environment.screen.size,
            .clock = environment.clock,
            .stop = environment.stop};
}

void add_verbs(CLI::App& app, const Context& context)
{
    add_backup(app, context);
    add_plan(app, context);
    add_clean(app, context);
    add_list(app, context);
    add_prune(app, context);
    add_pin(app, context);
    add_unpin(app, context);
    add_release(app, context);
    add_adopt(app, context);
    add_credential(app, context);
}

int parse_and_run(const std::vector<std::string>& arguments, Environment& environment)
{
    CLI::App app{description, "vmrotate"};
    app.footer(footer);
    app.require_subcommand(0, 1);  // (1) would answer a mistyped verb with "is required"
    Globals globals;
    int exit_code = 0;
    add_globals(app, globals);
    report::Board board(surroundings_of(environment));
    const Context context{environment, globals, exit_code, board};
    if (arguments != std::vector<std::string>{"--version"})  // it has nothing to parse
        add_verbs(app, context);

    refuse_empty_values(arguments);
    std::vector<std::string> reversed(arguments.rbegin(), arguments.rend());  // as CLI11 wants
    try {
        app.parse(std::move(reversed));
    } catch (const CLI::Success& e) {  // --help, --version
        return app.exit(e, environment.out, environment.err);
    } catch (const CLI::ParseError& e) {
        throw explain_parse_error(app, e, arguments);
    }
    if (app.get_subcommands().empty())
        throw Error(ErrorKind::usage, "no verb is given", "see 'vmrotate --help'");
    return exit_code;
}

/// Whether what the command prints is all that it is for.
bool only_prints(const std::vector<std::string>& arguments)
{
    constexpr std::array<std::string_view, 7> printing{"list",      "plan",      "--help", "-h",
                                                       "--version", "--dry-run", "-n"};
    return std::ranges::any_of(
        printing, [&](std::string_view word) { return std::ranges::count(arguments, word) > 0; });
}

/// A backup that was made is made, even where nobody could be told.
int tell_lost_output(const std::vector<std::string>& arguments, Environment& environment, int code)
{
    environment.out.flush();
    const std::string why = environment.lost_output();
    if (why.empty())
        return code;
    report::write_error(environment.err, {ErrorKind::failed, "cannot write the output: " + why});
    return code == 0 && only_prints(arguments) ? static_cast<int>(ErrorKind::failed) : code;
}

int fail(const std::vector<std::string>& arguments, Environment& environment, const Error& e)
{
    const int code = e.kind() == ErrorKind::interrupted ? environment.signal_exit_code()
                                                        : static_cast<int>(e.kind());
    report::write_error(environment.err, e);
    if (wants_json(arguments))
        report::write_failure(environment.out, verb_of(arguments), e, code);
    return code;
}

int run_or_fail(const std::vector<std::string>& arguments, Environment& environment)
try {
    return parse_and_run(arguments, environment);
} catch (const Error& e) {
    return fail(arguments, environment, e);
} catch (const vimclient::Fault& fault) {
    return fail(arguments, environment, job::explain(fault, "go on"));
} catch (const credstore::StoreError& e) {
    return fail(arguments, environment, {ErrorKind::logon, e.what(), e.hint()});
} catch (const vimclient::Cancelled&) {
    return fail(arguments, environment, {ErrorKind::interrupted, "interrupted"});
} catch (const std::bad_alloc&) {
    return fail(arguments, environment,
                {ErrorKind::failed, "out of memory", "give this machine more memory"});
} catch (const std::exception& e) {
    return fail(arguments, environment,
                {ErrorKind::failed, e.what(), "this is a defect of vmrotate; please report it"});
}

}  // namespace

int run(const std::vector<std::string>& arguments, Environment& environment)
{
    return tell_lost_output(arguments, environment, run_or_fail(arguments, environment));
}

}  // namespace vmrotate::cli
