// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include <openssl/ssl.h>

#include "connect.hpp"

/// A server that answers each SOAP request with the bytes that a script gives, over TLS.
namespace scripted {

struct Answer {
    std::string bytes;
    bool close = false;  ///< after the bytes
    bool reset = false;  ///< without a farewell
    std::chrono::milliseconds stall{0};
};

struct Request {
    std::string method, headers, body;
    int number = 0;  ///< of this method, from 1
};

using Script = std::function<Answer(const Request&)>;

constexpr const char* cookie = "vmware_soap_session=\"5294a1b4-abc/=+ x\"";

std::string http(const std::string& body, const std::string& status = "200 OK",
                 const std::string& headers = "");
std::string envelope(const std::string& body);
Answer reply(const std::string& method, const std::string& content,
             const std::string& headers = "");
Answer fault(const std::string& type, const std::string& text, const std::string& inside = "");

/// Logs everybody in; the rest is an empty answer.
Answer ordinary(const Request& request);

/// The content is the answer to this method, the rest is ordinary.
Script answering(const std::string& method, const std::string& content);

class Server {
public:
    explicit Server(Script script);
    ~Server();
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    std::unique_ptr<vimclient::Vsphere> login(
        std::chrono::seconds answer_within = std::chrono::seconds{5}) const;
    std::unique_ptr<vimclient::Vsphere> login(const vimclient::Patience& patience,
                                              std::stop_token stop) const;

    int count(const std::string& method);
    std::string last_headers();

    vimclient::Endpoint endpoint;
    std::string fingerprint;

private:
    void make_certificate();
    void accept_all();
    void serve(int peer);
    bool read_request(SSL* ssl, Request& request);

    Script script_;
    SSL_CTX* context_ = nullptr;
    int socket_ = -1;
    std::atomic<bool> over_{false};
    std::mutex mutex_;
    std::map<std::string, int> counts_;
    std::string headers_;
    std::vector<std::jthread> peers_;
    std::jthread acceptor_;
};

}  // namespace scripted
