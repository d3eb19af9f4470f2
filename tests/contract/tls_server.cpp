// SPDX-License-Identifier: GPL-3.0-or-later
#include "tls_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>

#include <openssl/err.h>

namespace contract {

TlsServer::TlsServer(const std::vector<const Paper*>& chain, int newest)
    : context_(SSL_CTX_new(TLS_server_method()))
{
    SSL_CTX* const context = context_.get();
    SSL_CTX_set_security_level(context, 0);  // it is the client that must be strict
    SSL_CTX_set_min_proto_version(context, TLS1_VERSION);
    SSL_CTX_set_max_proto_version(context, newest);
    const bool ready = SSL_CTX_use_certificate(context, chain.front()->certificate()) == 1 &&
                       SSL_CTX_use_PrivateKey(context, chain.front()->key()) == 1;
    if (!ready)
        throw std::runtime_error("the certificate cannot be shown");
    for (std::size_t i = 1; i < chain.size(); ++i) {
        X509_up_ref(chain[i]->certificate());
        SSL_CTX_ctrl(context, SSL_CTRL_EXTRA_CHAIN_CERT, 0, chain[i]->certificate());
    }
    listen_anywhere();
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
}

TlsServer::~TlsServer()
{
    thread_.request_stop();
    shutdown(socket_, SHUT_RDWR);
    thread_.join();
    close(socket_);
}

void TlsServer::listen_anywhere()
{
    socket_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    void* const raw = &address;
    if (bind(socket_, static_cast<sockaddr*>(raw), size) != 0 || listen(socket_, 8) != 0)
        throw std::runtime_error("no port to listen at");
    getsockname(socket_, static_cast<sockaddr*>(raw), &size);
    port_ = ntohs(address.sin_port);
}

void TlsServer::serve(const std::stop_token& stop)
{
    while (!stop.stop_requested()) {
        const int peer = accept(socket_, nullptr, nullptr);
        if (peer < 0)
            return;
        constexpr timeval patience{20, 0};
        setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        answer(peer);
        close(peer);
        ERR_clear_error();
    }
}

void TlsServer::answer(int peer)
{
    constexpr std::string_view page = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    const std::unique_ptr<SSL, Deleter> ssl(SSL_new(context_.get()));
    SSL_set_fd(ssl.get(), peer);
    std::array<char, 4096> request{};
    if (SSL_accept(ssl.get()) != 1 ||
        SSL_read(ssl.get(), request.data(), static_cast<int>(request.size())) <= 0)
        return;
    ++requests_;
    SSL_write(ssl.get(), page.data(), static_cast<int>(page.size()));
    SSL_shutdown(ssl.get());
}

}  // namespace contract
