// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "commands/commands.hpp"
#include "config/config.hpp"

/// The certificate that a server shows, and the questions about it.
namespace vmrotate::cli::credential {

/// What the server shows now. Throws Error (unreachable).
vimclient::Certificate shown_certificate(const Context& context, const config::Vcenter& vcenter);

/// Whether two fingerprints are the same, however they are written.
bool same_fingerprint(const std::string& left, const std::string& right);

/// Shows it on stderr, beside the fingerprint that is `known`, if one is; with --json, as a
/// line of type `certificate` too.
void show_certificate(const Context& context, const std::string& server,
                      const vimclient::Certificate& certificate, const std::string& known);

/// The fingerprint to store with a new logon: the one that was given; else none where chain and
/// name are right by themselves and none is `known`; else what the server shows, if it is the
/// known one or somebody at the terminal says yes. Throws Error (unreachable).
std::string fingerprint_to_pin(const Context& context, const config::Vcenter& vcenter,
                               const std::string& known);

/// Asks at the terminal. Throws Error (unreachable) unless the answer is yes.
void demand_a_yes(const Context& context, const std::string& server,
                  const vimclient::Certificate& certificate);

}  // namespace vmrotate::cli::credential
