// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "chain.hpp"
#include "commands/commands.hpp"
#include "config/config.hpp"
#include "credential_store.hpp"
#include "vsphere.hpp"

namespace vmrotate::cli {

/// A logged-in server, with the password that a later logon may need. It logs out when it
/// ends.
class Session {
public:
    Session(credstore::Credential credential, Environment& environment, Connection connection);

    vimclient::Vsphere& vsphere() { return *vsphere_; }
    const credstore::Account& account() const { return credential_.account; }

private:
    credstore::Credential credential_;
    std::unique_ptr<vimclient::Vsphere> vsphere_;
};

/// "'backup@vsphere.local' at 'vc.example.com'"; without a user "any account at ...".
std::string whose(const credstore::Account& account);

/// Which store the configuration names, and its key file.
credstore::StoreChoice store_of(const Context& context, const config::Vcenter& vcenter);

/// The store that the configuration names, or the usual ones in their order.
credstore::Chain open_stores(const Context& context, const config::Vcenter& vcenter);

/// The server's address. Throws Error (usage) where there is none, or it is no address.
vimclient::Endpoint endpoint_of(const config::Vcenter& vcenter);

/// The logon of the configured account. With --verbose it says which store answered, and why
/// the others did not. Throws Error (logon) where there is none, naming the account and every
/// place that was tried; StoreError from a store with trouble.
credstore::Credential find_credential(const Context& context, const config::Vcenter& vcenter);

/// Finds the logon and logs in. A pin counts before any CA: the configured one, or else the
/// logon's own. Throws like `find_credential`, and Error with what the server
/// says.
Session open_session(const Context& context, const config::Vcenter& vcenter,
                     const vimclient::Patience& patience = {});

/// The same with a logon that is at hand.
Session open_session(const Context& context, const config::Vcenter& vcenter,
                     const vimclient::Patience& patience, credstore::Credential credential);

/// What earlier runs knew of this vCenter; null where nothing can be kept. With --verbose it says
/// why they could not be written.
std::unique_ptr<job::Hints> open_hints(const Context& context, Session& session);

/// As patient with a busy VM as the most patient of these policies.
vimclient::Patience patience_of(const std::vector<config::Assignment>& assignments);

}  // namespace vmrotate::cli
