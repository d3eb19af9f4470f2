// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/ostream.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "commands/commands.hpp"
#include "commands/options.hpp"
#include "commands/session.hpp"
#include "job/explain.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::cli {
namespace {

struct Options {
    ServerOptions server;
    bool password_from_stdin = false;
    bool offline = false;
    bool dry_run = false;
};

void finish(const Context& context, const std::string& verb, bool changed,
            const std::string& sentence)
{
    if (context.globals.json)
        report::write_line(context.environment.out, "summary",
                           {{"verb", "credential " + verb},
                            {"result", "ok"},
                            {"changed", changed},
                            {"exit_code", 0},
                            {"message", sentence}});
    else if (!context.globals.quiet)
        fmt::print(context.environment.out, "{}\n", report::printable(sentence));
}

credstore::Account account_of(const config::Vcenter& vcenter)
{
    const auto endpoint = endpoint_of(vcenter);
    if (vcenter.user.empty())
        throw Error(ErrorKind::usage, "no account is named", "give --user");
    return {vimclient::to_string(endpoint), vcenter.user};
}

/// The fingerprint to pin: none where the chain and the name are right by themselves.
std::string fingerprint_to_pin(const Context& context, const config::Vcenter& vcenter)
{
    if (!vcenter.fingerprint.empty())
        return vcenter.fingerprint;
    Environment& environment = context.environment;
    const auto endpoint = endpoint_of(vcenter);
    const auto certificate = job::explaining(
        "reach the server", [&] { return environment.certificate(endpoint, vcenter.ca_file); });
    if (certificate.trusted)
        return {};
    fmt::print(environment.err,
               "The certificate of {} is not one that this machine trusts: {}\n"
               "  subject      {}\n  issuer       {}\n  valid until  {}\n  SHA-256      {}\n",
               vimclient::to_string(endpoint), report::printable(certificate.why_not),
               report::printable(certificate.subject), report::printable(certificate.issuer),
               certificate.not_after, certificate.fingerprint);
    if (environment.confirm("Is this the fingerprint that the server itself shows?"))
        return certificate.fingerprint;
    throw Error(
        ErrorKind::unreachable,
        fmt::format("the certificate of '{}' was not trusted: {}", vimclient::to_string(endpoint),
                    certificate.why_not),
        fmt::format("give its CA with --ca-file, or --fingerprint {} once you have compared "
                    "it with the server's",
                    certificate.fingerprint));
}

int add(const Options& options, const Context& context)
{
    Environment& environment = context.environment;
    const auto vcenter = load_config(context, options.server).vcenter;
    auto stores = open_stores(context, vcenter);
    credstore::CredentialStore* const store = &stores.writable();
    credstore::Credential credential{account_of(vcenter), {}, {}};
    const std::string whose =
        fmt::format("'{}' at '{}'", credential.account.user, credential.account.server);
    if (options.dry_run) {
        finish(context, "add", true,
               fmt::format("would store the logon of {} in {}", whose, store->describe()));
        return 0;
    }
    credential.fingerprint =
        options.offline ? vcenter.fingerprint : fingerprint_to_pin(context, vcenter);
    credential.password = options.password_from_stdin
                              ? environment.read_password()
                              : environment.ask_password(fmt::format("Password of {}: ", whose));
    if (credential.password.empty())
        throw Error(ErrorKind::usage, "the password is empty");
    if (!options.offline) {
        credstore::Credential copy{credential.account,
                                   credstore::Secret(credential.password.reveal()),
                                   credential.fingerprint};
        open_session(context, vcenter, {}, std::move(copy));
    }
    const bool changed = store->put(credential);
    finish(context, "add", changed,
           fmt::format("{} the logon of {} in {}", changed ? "stored" : "already there:", whose,
                       store->describe()));
    return 0;
}

int list(const Options& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    auto stores = open_stores(context, vcenter);
    credstore::CredentialStore* const store = &stores.writable();
    const auto entries = store->list();
    std::ostream& out = context.environment.out;
    for (const credstore::Entry& entry : entries) {
        if (context.globals.json)
            report::write_line(out, "credential",
                               {{"server", entry.account.server},
                                {"user", entry.account.user},
                                {"fingerprint", entry.fingerprint}});
        else
            fmt::print(out, "{}  {}{}\n", report::printable(entry.account.server),
                       report::printable(entry.account.user),
                       entry.fingerprint.empty() ? "" : "  pinned " + entry.fingerprint);
    }
    finish(context, "list", false,
           fmt::format("{} in {}",
                       entries.size() == 1 ? "1 logon" : fmt::format("{} logons", entries.size()),
                       store->describe()));
    return 0;
}

int remove(const Options& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    auto stores = open_stores(context, vcenter);
    credstore::CredentialStore* const store = &stores.writable();
    const auto account = account_of(vcenter);
    const std::string whose =
        fmt::format("the logon of '{}' at '{}'", account.user, account.server);
    if (options.dry_run) {
        const bool is_there = store->find(account).has_value();
        finish(context, "remove", is_there,
               is_there ? fmt::format("would remove {} from {}", whose, store->describe())
                        : fmt::format("{} is not in {}", whose, store->describe()));
        return 0;
    }
    const bool removed = store->erase(account);
    finish(context, "remove", removed,
           removed ? fmt::format("removed {} from {}", whose, store->describe())
                   : fmt::format("{} is not in {}", whose, store->describe()));
    return 0;
}

int test(const Options& options, const Context& context)
{
    Environment& environment = context.environment;
    const auto vcenter = load_config(context, options.server).vcenter;
    Session session = open_session(context, vcenter);
    const auto here = environment.clock.now();
    const auto there = job::explaining("ask for the time", [&] { return session.vsphere().now(); });
    const auto skew = std::chrono::abs(here - there);
    finish(context, "test", false,
           fmt::format("'{}' can log in to '{}': {}; its clock and ours differ by {}",
                       session.account().user, session.account().server,
                       session.vsphere().server().full_name, duration_text(skew)));
    return 0;
}

using Act = int (*)(const Options&, const Context&);

CLI::App* add_verb(CLI::App& group, const Context& context, const char* name, const char* help,
                   Act act, const std::shared_ptr<Options>& options)
{
    CLI::App* command = group.add_subcommand(name, help);
    options->server.add_to(*command);
    command->callback([options, context, act] { context.exit_code = act(*options, context); });
    return command;
}

}  // namespace

void add_credential(CLI::App& app, const Context& context)
{
    CLI::App* group = app.add_subcommand("credential", "Keep the logon in an encrypted store");
    group->require_subcommand(0, 1);  // (1) would not name a mistyped word
    group->callback([group] {
        if (group->get_subcommands().empty())
            throw Error(ErrorKind::usage, "'credential' is given no verb",
                        "add, list, test or remove; see 'vmrotate credential --help'");
    });
    group->footer(
        "Examples:\n"
        "  vmrotate credential add --vcenter vc.example.com --user backup@vsphere.local\n"
        "  vmrotate credential test --vcenter vc.example.com");

    auto options = std::make_shared<Options>();
    CLI::App* command =
        add_verb(*group, context, "add", "Store a logon, once it was tried", add, options);
    command->add_flag("--password-stdin", options->password_from_stdin,
                      "Read the password from standard input, one line");
    command->add_flag("--offline", options->offline, "Do not contact the server");
    command->add_flag("-n,--dry-run", options->dry_run, "Change nothing");

    add_verb(*group, context, "list", "Show whose logons are stored; never a password", list,
             std::make_shared<Options>());
    add_verb(*group, context, "test", "Log in with the stored logon, and out again", test,
             std::make_shared<Options>());

    options = std::make_shared<Options>();
    command = add_verb(*group, context, "remove", "Forget a logon", remove, options);
    command->add_flag("-n,--dry-run", options->dry_run, "Change nothing");
}

}  // namespace vmrotate::cli
