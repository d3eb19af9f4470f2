// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap_scripted_server.hpp"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

using namespace std::chrono_literals;

namespace scripted {

std::string http(const std::string& body, const std::string& status, const std::string& headers)
{
    return fmt::format(
        "HTTP/1.1 {}\r\nContent-Type: text/xml; charset=utf-8\r\n{}Content-Length: {}\r\n\r\n{}",
        status, headers, body.size(), body);
}

std::string envelope(const std::string& body)
{
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?><soapenv:Envelope "
           "xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
           "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" "
           "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><soapenv:Body>" +
           body + "</soapenv:Body></soapenv:Envelope>";
}

Answer reply(const std::string& method, const std::string& content, const std::string& headers)
{
    const std::string body =
        fmt::format("<{0}Response xmlns=\"urn:vim25\">{1}</{0}Response>", method, content);
    return {http(envelope(body), "200 OK", headers)};
}

Answer fault(const std::string& type, const std::string& text, const std::string& inside)
{
    const std::string body = fmt::format(
        "<soapenv:Fault><faultcode>ServerFaultCode</faultcode><faultstring>{1}</faultstring>"
        "<detail><{0}Fault xmlns=\"urn:vim25\" xsi:type=\"{0}\">{2}</{0}Fault></detail>"
        "</soapenv:Fault>",
        type, text, inside);
    return {http(envelope(body), "500 Internal Server Error")};
}

Answer ordinary(const Request& request)
{
    if (request.method == "RetrieveServiceContent")
        return reply(request.method,
                     "<returnval><rootFolder type=\"Folder\">group-d1</rootFolder>"
                     "<propertyCollector type=\"PropertyCollector\">pc</propertyCollector>"
                     "<viewManager type=\"ViewManager\">vm</viewManager>"
                     "<about><name>vc</name><fullName>VMware vCenter Server 8.0.3</fullName>"
                     "<apiType>VirtualCenter</apiType><apiVersion>8.0.3.0</apiVersion>"
                     "<instanceUuid>u-1</instanceUuid></about>"
                     "<sessionManager type=\"SessionManager\">sm</sessionManager>"
                     "<eventManager type=\"EventManager\">em</eventManager>"
                     "<tenantManager type=\"TenantManager\">tm</tenantManager></returnval>");
    if (request.method == "Login")
        return reply(request.method, "<returnval><key>k</key><userName>u</userName></returnval>",
                     fmt::format("Set-Cookie: {}; Path=/; HttpOnly; Secure;\r\n", cookie));
    if (request.method == "CurrentTime")
        return reply(request.method, "<returnval>2026-11-22T12:00:00Z</returnval>");
    return reply(request.method, "");
}

Script answering(const std::string& method, const std::string& content)
{
    return [=](const Request& request) {
        return request.method == method ? reply(method, content) : ordinary(request);
    };
}

Server::Server(Script script) : script_(std::move(script))
{
    std::signal(SIGPIPE, SIG_IGN);
    make_certificate();
    socket_ = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    void* const raw = &address;
    if (bind(socket_, static_cast<sockaddr*>(raw), size) != 0)
        throw std::system_error(errno, std::generic_category(), "bind");
    listen(socket_, 16);
    getsockname(socket_, static_cast<sockaddr*>(raw), &size);
    endpoint.host = "127.0.0.1";
    endpoint.port = ntohs(address.sin_port);
    acceptor_ = std::jthread([this] { accept_all(); });
}

Server::~Server()
{
    over_ = true;
    shutdown(socket_, SHUT_RDWR);
    acceptor_.join();
    peers_.clear();
    close(socket_);
    SSL_CTX_free(context_);
}

std::unique_ptr<vimclient::Vsphere> Server::login(std::chrono::seconds answer_within) const
{
    return login({.connect = 5s, .reply = answer_within, .retry_for = 3s}, {});
}

std::unique_ptr<vimclient::Vsphere> Server::login(const vimclient::Patience& patience,
                                                  std::stop_token stop) const
{
    static const std::string password = "p<&>\"ß";
    return connect(endpoint, {.ca_file = {}, .fingerprint = fingerprint}, {"user", password},
                   patience, "vmrotate/7 run", std::move(stop));
}

int Server::count(const std::string& method)
{
    const std::lock_guard lock(mutex_);
    return counts_[method];
}

std::string Server::last_headers()
{
    const std::lock_guard lock(mutex_);
    return headers_;
}

void Server::make_certificate()
{
    context_ = SSL_CTX_new(TLS_server_method());
    EVP_PKEY* const key = EVP_EC_gen("P-256");
    X509* const certificate = X509_new();
    ASN1_INTEGER_set(X509_get_serialNumber(certificate), 1);
    X509_gmtime_adj(X509_getm_notBefore(certificate), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_sign(certificate, key, EVP_sha256());
    SSL_CTX_use_certificate(context_, certificate);
    SSL_CTX_use_PrivateKey(context_, key);
    std::array<unsigned char, 32> digest{};
    X509_digest(certificate, EVP_sha256(), digest.data(), nullptr);
    fingerprint = fmt::format("{:02x}", fmt::join(digest, ""));
    X509_free(certificate);
    EVP_PKEY_free(key);
}

void Server::accept_all()
{
    while (!over_) {
        const int peer = accept(socket_, nullptr, nullptr);
        if (peer >= 0)
            peers_.emplace_back([this, peer] { serve(peer); });
    }
}

void Server::serve(int peer)
{
    const timeval limit{0, 200'000};
    setsockopt(peer, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    SSL* const ssl = SSL_new(context_);
    SSL_set_fd(ssl, peer);
    for (bool open = SSL_accept(ssl) == 1; open;) {
        Request request;
        open = read_request(ssl, request);
        if (!open)
            break;
        const Answer answer = script_(request);
        std::this_thread::sleep_for(answer.stall);
        if (!answer.bytes.empty())
            SSL_write(ssl, answer.bytes.data(), static_cast<int>(answer.bytes.size()));
        open = !answer.close && !answer.reset;
        if (answer.reset) {
            // a reset takes an answer with it that has not been read yet
            std::this_thread::sleep_for(answer.bytes.empty() ? 0ms : 150ms);
            const linger hard{1, 0};
            setsockopt(peer, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        }
    }
    SSL_free(ssl);
    close(peer);
}

bool Server::read_request(SSL* ssl, Request& request)
{
    std::string data;
    std::size_t end = std::string::npos, length = 0;
    while (end == std::string::npos || data.size() < end + 4 + length) {
        std::array<char, 16384> part{};
        const int size = SSL_read(ssl, part.data(), static_cast<int>(part.size()));
        if (size <= 0) {
            if (over_ || SSL_get_error(ssl, size) != SSL_ERROR_WANT_READ)
                return false;
            continue;
        }
        data.append(part.data(), static_cast<std::size_t>(size));
        end = data.find("\r\n\r\n");
        const std::size_t field = data.find("Content-Length: ");
        if (end != std::string::npos && field < end)
            length = std::stoul(data.substr(field + 16));
    }
    request.headers = data.substr(0, end);
    request.body = data.substr(end + 4);
    const std::size_t body = request.body.find("Body>");
    const std::size_t start = request.body.find('<', body) + 1;
    request.method = request.body.substr(start, request.body.find_first_of(" >", start) - start);
    const std::lock_guard lock(mutex_);
    request.number = ++counts_[request.method];
    headers_ = request.headers;
    return true;
}

}  // namespace scripted
