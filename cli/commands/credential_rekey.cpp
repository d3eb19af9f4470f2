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

std::string key_text(const RekeyOptions& options, const credstore::KeyChange& change)
{
    if (options.passphrase)
        return "a passphrase";
    if (!options.systemd_credential.empty())
        return fmt::format("the systemd credential '{}'", options.systemd_credential);
    return change.was_there
               ? fmt::format("the key file '{}', which was there", change.key_file.string())
               : fmt::format("a new key file '{}'", change.key_file.string());
}

/// What somebody has to do from now on.
std::string duties(const credstore::KeyChange& change, const std::filesystem::path& known)
{
    std::string text;
    if (!change.key_file.empty() && change.key_file != known)
        text += fmt::format("; from now on that needs --key-file '{}', or key_file in [vcenter]",
                            change.key_file.string());
    if (!change.left.empty())
        text += fmt::format(
            "; the key file '{}' does not open it any more and may be deleted, "
            "unless it opens another store",
            change.left.string());
    return text;
}

std::string would_be(const RekeyOptions& options)
{
    if (options.passphrase || !options.systemd_credential.empty())
        return key_text(options, {});
    return options.key_file.empty() ? "a key file"
                                    : fmt::format("the key file '{}'", options.key_file);
}

int rekey(const RekeyOptions& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    auto stores = open_stores(context, vcenter);
    credstore::CredentialStore& store = stores.writable();
    if (options.dry_run)
        return finish(context,
                      {"rekey", true,
                       fmt::format("{} would be opened by {}", store.describe(), would_be(options)),
                       options.dry_run});
    const auto change = store.rekey(new_key(options, context.environment));
    return finish(context,
                  {"rekey", true,
                   fmt::format("{} is opened by {}{}", store.describe(), key_text(options, change),
                               duties(change, store_of(context, vcenter).key_file))});
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
                     "Make a key file there, or take the one that is [the usual place]");
    keys->add_option("--systemd-credential", options->systemd_credential,
                     "The systemd credential of this name, 32 bytes, holds the key");
    keys->add_flag("--passphrase", options->passphrase, "Ask for a passphrase; no timer can then");
}

}  // namespace vmrotate::cli::credential
