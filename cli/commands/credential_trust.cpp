// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include <fmt/format.h>

#include "base/error.hpp"
#include "commands/credential_certificate.hpp"
#include "commands/credential_verbs.hpp"
#include "commands/session.hpp"

namespace vmrotate::cli::credential {
namespace {

void refuse_another(const std::string& server, const vimclient::Certificate& certificate,
                    const std::string& pin)
{
    if (pin.empty() || same_fingerprint(pin, certificate.fingerprint))
        return;
    throw Error(ErrorKind::unreachable,
                fmt::format("'{}' does not show the certificate that the pin names: it shows {}, "
                            "the pin is {}",
                            server, certificate.fingerprint, pin),
                "compare it with the server's own; somebody may stand in between");
}

/// The configuration's pin would count before the one that is stored.
void refuse_configured(const std::string& server, const vimclient::Certificate& certificate,
                       const std::string& configured)
{
    if (configured.empty() || same_fingerprint(configured, certificate.fingerprint))
        return;
    throw Error(ErrorKind::unreachable,
                fmt::format("'{}' shows the certificate {}, but the configuration pins {}", server,
                            certificate.fingerprint, configured),
                "'fingerprint' under [vcenter] names another; change it there, once you have "
                "compared it with the server's own");
}

/// Each account's own logon gets the new fingerprint; whether one had another.
bool pin_for(credstore::Chain& stores, const std::vector<credstore::Entry>& entries,
             const std::string& fingerprint)
{
    bool changed = false;
    for (const credstore::Entry& entry : entries) {
        credstore::CredentialStore* const store = stores.holder_of(entry.account);
        auto credential = store == nullptr ? std::nullopt : store->find(entry.account);
        if (!credential)
            continue;
        credential->fingerprint = fingerprint;
        changed = store->put(*credential) || changed;
    }
    return changed;
}

int trust(const Options& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    const std::string server = vimclient::to_string(endpoint_of(vcenter));
    auto stores = open_stores(context, vcenter);
    const auto entries = entries_at(stores, vcenter);
    if (entries.empty())
        throw Error(ErrorKind::logon, fmt::format("no logon at '{}' is stored", server),
                    fmt::format("run 'vmrotate credential add {} --user {}'", server,
                                vcenter.user.empty() ? "ACCOUNT" : vcenter.user));
    const auto certificate = shown_certificate(context, vcenter);
    refuse_configured(server, certificate, load_config(context, {}).vcenter.fingerprint);
    refuse_another(server, certificate, vcenter.fingerprint);
    const bool is_known = std::ranges::all_of(entries, [&](const credstore::Entry& entry) {
        return same_fingerprint(entry.fingerprint, certificate.fingerprint);
    });
    if (is_known)
        return finish(context, {"trust", false,
                                fmt::format("'{}' shows the certificate that is pinned", server),
                                options.dry_run});
    const auto other = std::ranges::find_if(entries, [&](const credstore::Entry& entry) {
        return !same_fingerprint(entry.fingerprint, certificate.fingerprint);
    });
    show_certificate(context, server, certificate, other->fingerprint);
    if (options.dry_run)
        return finish(context, {"trust", true,
                                fmt::format("would pin '{}' to {}, for {}", server,
                                            certificate.fingerprint, count_text(entries.size())),
                                options.dry_run});
    if (vcenter.fingerprint.empty())
        demand_a_yes(context, server, certificate);
    const bool changed = pin_for(stores, entries, certificate.fingerprint);
    return finish(context, {"trust", changed,
                            fmt::format("pinned '{}' to {}, for {}", server,
                                        certificate.fingerprint, count_text(entries.size()))});
}

}  // namespace

void add_trust(CLI::App& group, const Context& context)
{
    CLI::App* const command =
        add_verb(group, context, "trust", "Pin the certificate that the server shows now",
                 std::make_shared<Options>(), trust, Takes::server, DryRun::yes);
    command->footer(
        "For a server that was given another certificate. Shows the old fingerprint and the new "
        "one,\n"
        "and asks; --pin answers. Every stored logon at the server gets it, or that of --user.\n\n"
        "Example:\n"
        "  vmrotate credential trust vc.example.com");
}

}  // namespace vmrotate::cli::credential
