// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include "vsphere.hpp"

/// How one gets a `Vsphere`.
namespace vimclient {

struct Endpoint {
    std::string host;  ///< a name, an IPv4 address, or an IPv6 address without brackets; no A-Z
    int port = 443;
    std::string path = "/sdk";
};

/// "vcenter.example.com", "10.0.0.5:8443", "[::1]:8443", "https://vc.example.com/sdk".
/// Throws std::invalid_argument, with a sentence, for anything else: http, user info, a
/// port out of range.
Endpoint parse_endpoint(std::string_view text);

/// "host" or "host:port": the form in which an account's server is known everywhere.
std::string to_string(const Endpoint& endpoint);

/// Whom we believe to be the server. With a fingerprint, exactly that certificate and
/// nothing else; else the chain and the name must be right, by `ca_file` or by the system's CAs.
/// TLS 1.2 and 1.3 only. Nothing switches this off.
struct Trust {
    std::string ca_file;      ///< PEM; empty: the system's
    std::string fingerprint;  ///< SHA-256 of the certificate, "AB:CD:..." or plain hex
};

struct Patience {
    std::chrono::seconds connect{10};
    std::chrono::seconds reply{120};      ///< one request and its whole reply
    std::chrono::seconds retry_for{900};  ///< reads are repeated for so long
    std::chrono::seconds undo{60};        ///< the same after a stop, while the server is away
    std::chrono::seconds cancel{600};     ///< a task that was cancelled ends by then
    std::chrono::seconds task_wait{600};  ///< a busy VM is waited for, before a change
    std::chrono::seconds removal{3600};   ///< the same before the removal of a snapshot
    std::chrono::seconds task_limit{48 * 60 * 60};  ///< a task that takes longer is unknown
};

/// Who logs in. The password is needed again when a session has expired: what `password`
/// views must stay in place, unchanged, for as long as the `Vsphere` lives. No copy outlasts
/// a logon.
struct Logon {
    std::string user;
    std::string_view password;
};

/// Connects, checks the certificate, reads about, logs in. `user_agent` is shown in
/// vCenter's list of sessions; put the run's id into it. Throws Fault.
///
/// Once `stop` is requested, a read that waits for a server which is away fails with Fault
/// (unreachable), at once or after 5 s where an answer is due; so does a change that was not
/// sent. `connect` itself throws Cancelled, as does a snapshot that was not yet begun. What is
/// called after that undoes something: the server is waited for, but no longer than
/// `Patience::undo` since the request or its last answer. The same holds for the wait for a
/// task, and for the removal of a snapshot.
std::unique_ptr<Vsphere> connect(const Endpoint& endpoint, const Trust& trust, const Logon& logon,
                                 const Patience& patience, const std::string& user_agent,
                                 std::stop_token stop = {});

/// The certificate that the server shows now, for `credential add` to ask about.
struct Certificate {
    std::string fingerprint;  ///< SHA-256, "AB:CD:..."
    std::string subject, issuer, not_before, not_after;
    bool trusted = false;  ///< chain and name are right by `ca_file` or the system's CAs
    std::string why_not;   ///< OpenSSL's verdict where they are not
};

/// Throws Fault (unreachable) where no TLS handshake is to be had.
Certificate peer_certificate(const Endpoint& endpoint, const std::string& ca_file,
                             std::chrono::seconds timeout);

}  // namespace vimclient
