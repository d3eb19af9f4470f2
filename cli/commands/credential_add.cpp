// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "commands/credential_certificate.hpp"
#include "commands/credential_password.hpp"
#include "commands/credential_verbs.hpp"
#include "commands/session.hpp"

namespace vmrotate::cli::credential {
namespace {

struct AddOptions : Options {
    PasswordSource password;
    bool no_verify = false;
};

/// The fingerprint that is stored for this account; empty where none is.
std::string known_pin(credstore::CredentialStore& store, const credstore::Account& account)
{
    const auto entries = store.list();
    const auto found = std::ranges::find(entries, account, &credstore::Entry::account);
    return found == entries.end() ? std::string() : found->fingerprint;
}

/// The pin that goes with the logon, seen at the server unless that is not to be contacted.
std::string pin_of(const AddOptions& options, const Context& context,
                   const config::Vcenter& vcenter, const std::string& known)
{
    if (!options.no_verify)
        return fingerprint_to_pin(context, vcenter, known);
    return vcenter.fingerprint.empty() ? known : vcenter.fingerprint;
}

/// What later runs lack that trust the server by an option of this one.
std::string needed_later(const AddOptions& options, const Context& context,
                         const credstore::Credential& credential)
{
    config::Vcenter typed;
    options.server.apply_to(typed);
    const bool by_option = credential.fingerprint.empty() && !typed.ca_file.empty();
    return by_option && typed.ca_file != load_config(context, {}).vcenter.ca_file
               ? "; later runs need --ca-file too, or ca_file in [vcenter]"
               : "";
}

void prove(const Context& context, config::Vcenter vcenter, const credstore::Credential& credential)
{
    credstore::Credential copy{.account = credential.account,
                               .password = credstore::Secret(credential.password.reveal()),
                               .fingerprint = credential.fingerprint};
    vcenter.fingerprint = credential.fingerprint;
    open_session(context, vcenter, {}, std::move(copy));
}

int add(const AddOptions& options, const Context& context)
{
    Environment& environment = context.environment;
    const auto vcenter = load_config(context, options.server).vcenter;
    credstore::Credential credential{.account = account_of(vcenter), .password = {}};
    const std::string logon = "the logon of " + whose(credential.account);
    auto stores = open_stores(context, vcenter);
    credstore::CredentialStore& store = stores.writable();
    if (options.dry_run)
        return finish(context,
                      {"add", true, fmt::format("would store {} in {}", logon, store.describe()),
                       options.dry_run});
    credential.fingerprint =
        pin_of(options, context, vcenter, known_pin(store, credential.account));
    credential.password = obtain_password(
        context, options.password, fmt::format("Password of {}: ", whose(credential.account)));
    if (!options.no_verify)
        prove(context, vcenter, credential);
    credential.added = environment.clock.now();
    const bool changed = store.put(credential);
    return finish(context,
                  {"add", changed,
                   fmt::format("{} {} in {}{}", changed ? "stored" : "already there:", logon,
                               store.describe(), needed_later(options, context, credential))});
}

}  // namespace

void add_add(CLI::App& group, const Context& context)
{
    const auto options = std::make_shared<AddOptions>();
    CLI::App* const command = add_verb(group, context, "add", "Store a logon, once it was tried",
                                       options, add, Takes::server, DryRun::yes);
    options->password.add_to(*command);
    command->add_flag("--no-verify", options->no_verify, "Contact nobody: store the logon untried");
    command->footer(
        "Shows a certificate that no CA vouches for and asks once whether to pin it (--pin "
        "answers),\n"
        "asks for the password, logs in, and stores both. What fails is not stored.\n\n"
        "Examples:\n"
        "  vmrotate credential add vc.example.com --user backup@vsphere.local\n"
        "  vmrotate credential add vc.example.com --user backup@vsphere.local \\\n"
        "    --pin SHA256:AB:CD:... --password-command 'pass show vcenter'");
}

}  // namespace vmrotate::cli::credential
