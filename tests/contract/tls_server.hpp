// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "papers.hpp"

namespace contract {

/// A TLS server on a free port of 127.0.0.1 that shows any certificate, however bad. It speaks
/// no SOAP: it counts the connections over which something was sent to it, and answers each
/// with an empty page. What a client sends before it trusts, or not at all, can so be told.
class TlsServer {
public:
    /// `chain` begins with the server's own certificate. `newest` is a version of TLS.
    TlsServer(const std::vector<const Paper*>& chain, int newest = TLS1_3_VERSION);
    ~TlsServer();
    TlsServer(const TlsServer&) = delete;
    TlsServer& operator=(const TlsServer&) = delete;

    int port() const { return port_; }
    int requests() const { return requests_; }

private:
    struct Deleter {
        void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
        void operator()(SSL* ssl) const { SSL_free(ssl); }
    };

    void listen_anywhere();
    void serve(const std::stop_token& stop);
    void answer(int peer);

    std::unique_ptr<SSL_CTX, Deleter> context_;
    int socket_ = -1, port_ = 0;
    std::atomic<int> requests_{0};
    std::jthread thread_;
};

}  // namespace contract
