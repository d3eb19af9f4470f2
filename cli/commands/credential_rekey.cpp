// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/error.hpp"
#include "commands/credential_verbs.hpp"
#include "commands/session.hpp"

namespace vmrotate::cli::credential {
namespace {

struct RekeyOptions : Options {
    std::string key_file, systemd_credential;
    bool passphrase = false;
};

credstore::Secret new_passphrase(Environment& environment)
{
    auto first = environment.ask_password("New passphrase: ");
    if (first.empty())
        throw Error(ErrorKind::usage, "the passphrase is empty");
    const auto second = environment.ask_password("The same again: ");
    if (first.reveal() != second.reveal())
        throw Error(ErrorKind::usage, "the two passphrases differ", "nothing was changed");
    return first;
}

credstore::NewKey new_key(const RekeyOptions& options, Environment& environment)
{
    if (options.passphrase)
        return credstore::NewPassphrase{new_passphrase(environment)};
    if (!options.systemd_credential.empty())
        return credstore::NewSystemdKey{options.systemd_credential};
    return credstore::NewKeyFile{options.key_file};
}

std::string key_text(const RekeyOptions& options)
{
    if (options.passphrase)
        return "a passphrase";
    if (!options.systemd_credential.empty())
        return fmt::format("the systemd credential '{}'", options.systemd_credential);
    return options.key_file.empty() ? "a new key file"
                                    : fmt::format("a new key file '{}'", options.key_file);
}

int rekey(const RekeyOptions& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    auto stores = open_stores(context, vcenter);
    credstore::CredentialStore& store = stores.writable();
    if (!options.dry_run)
        store.rekey(new_key(options, context.environment));
    return finish(
        context, {"rekey", true,
                  fmt::format("{} {} by {}", store.describe(),
                              options.dry_run ? "would be opened" : "is opened", key_text(options)),
                  options.dry_run});
}

}  // namespace

void add_rekey(CLI::App& group, const Context& context)
{
    const auto options = std::make_shared<RekeyOptions>();
    CLI::App* const command =
        add_verb(group, context, "rekey", "Encrypt the store anew, for another key", options, rekey,
                 Takes::no_server, DryRun::yes);
    CLI::App* const keys = command->add_option_group("New key");
    keys->require_option(0, 1);
    keys->add_option("--new-key-file", options->key_file,
                     "Make a key file there [the usual place]");
    keys->add_option("--systemd-credential", options->systemd_credential,
                     "The systemd credential of this name, 32 bytes, holds the key");
    keys->add_flag("--passphrase", options->passphrase, "Ask for a passphrase; no timer can then");
}

}  // namespace vmrotate::cli::credential
