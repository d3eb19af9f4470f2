// SPDX-License-Identifier: GPL-3.0-or-later
#include <poll.h>

#include <array>
#include <memory>
#include <system_error>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include "connect.hpp"
#include "soap/trust.hpp"

namespace vimclient {

namespace {

using Clock = std::chrono::steady_clock;

struct ContextDeleter {
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
struct BioDeleter {
    void operator()(BIO* bio) const { BIO_free_all(bio); }
};
struct CertificateDeleter {
    void operator()(X509* certificate) const { X509_free(certificate); }
};
using ContextPointer = std::unique_ptr<SSL_CTX, ContextDeleter>;
using BioPointer = std::unique_ptr<BIO, BioDeleter>;
using CertificatePointer = std::unique_ptr<X509, CertificateDeleter>;

std::string text_from(BIO* memory)
{
    char* data = nullptr;
    const long size = BIO_get_mem_data(memory, &data);
    return {data, static_cast<std::size_t>(size)};
}

std::string text_of(const X509_NAME* name)
{
    const BioPointer memory(BIO_new(BIO_s_mem()));
    X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
    return text_from(memory.get());
}

std::string text_of(const ASN1_TIME* time)
{
    const BioPointer memory(BIO_new(BIO_s_mem()));
    ASN1_TIME_print(memory.get(), time);
    return text_from(memory.get());
}

// waits until the handshake can go on
bool wait_for(BIO* bio, Clock::time_point end)
{
    int descriptor = -1;
    BIO_get_fd(bio, &descriptor);
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now()).count();
    if (descriptor < 0 || left <= 0)
        return false;
    const auto events = static_cast<short>(BIO_should_read(bio) ? POLLIN : POLLOUT);
    pollfd socket{descriptor, events, 0};
    return poll(&socket, 1, static_cast<int>(left)) > 0;
}

// told by the system, by the resolver, or by OpenSSL
std::string why_no_handshake(const std::string& server)
{
    const char* data = "";
    int flags = 0;
    const unsigned long first = ERR_peek_error();
    const unsigned long last = ERR_peek_last_error_data(&data, &flags);
    const bool from_system = ERR_SYSTEM_ERROR(first);
    const bool from_resolver = ERR_GET_LIB(last) == ERR_LIB_BIO &&
                               ERR_GET_REASON(last) == ERR_R_SYS_LIB && (flags & ERR_TXT_STRING);
    const char* const reason = ERR_reason_error_string(last);
    std::string words = from_resolver ? data : reason ? reason : "the connection was closed";
    if (from_system)
        words = std::generic_category().message(ERR_GET_REASON(first));
    ERR_clear_error();
    return fmt::format("{} {}: {}",
                       from_system || from_resolver ? "cannot connect to"
                                                    : "there is no TLS 1.2 or 1.3 to be had from",
                       server, words);
}

void shake_hands(BIO* bio, const std::string& server, std::chrono::seconds timeout)
{
    const Clock::time_point end = Clock::now() + timeout;
    while (BIO_do_handshake(bio) <= 0) {
        if (!BIO_should_retry(bio))
            throw Fault(Fault::Kind::unreachable, why_no_handshake(server));
        if (!wait_for(bio, end))
            throw Fault(Fault::Kind::unreachable,
                        fmt::format("no answer from {} within {} s", server, timeout.count()));
    }
}

}  // namespace

Certificate peer_certificate(const Endpoint& endpoint, const std::string& ca_file,
                             std::chrono::seconds timeout)
{
    wire::Verifier verifier(endpoint, {.ca_file = ca_file, .fingerprint = {}});
    wire::Verdict verdict;
    const ContextPointer context(SSL_CTX_new(TLS_client_method()));
    verifier.install(context.get(), verdict);
    // look, do not refuse: the verdict is what is asked for
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);

    const BioPointer bio(BIO_new_ssl_connect(context.get()));
    SSL* ssl = nullptr;
    BIO_get_ssl(bio.get(), &ssl);
    std::string name = endpoint.host;
    SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data());
    const bool is_v6 = endpoint.host.find(':') != std::string::npos;
    const std::string server =
        fmt::format("{}{}{}:{}", is_v6 ? "[" : "", endpoint.host, is_v6 ? "]" : "", endpoint.port);
    std::string target = server;
    BIO_ctrl(bio.get(), BIO_C_SET_CONNECT, 0, target.data());
    BIO_set_nbio(bio.get(), 1);
    shake_hands(bio.get(), server, timeout);

    const CertificatePointer shown(SSL_get1_peer_certificate(ssl));
    if (!shown)
        throw Fault(Fault::Kind::unreachable, fmt::format("{} shows no certificate", server));
    return {.fingerprint = wire::to_string(wire::fingerprint_of(shown.get())),
            .subject = text_of(X509_get_subject_name(shown.get())),
            .issuer = text_of(X509_get_issuer_name(shown.get())),
            .not_before = text_of(X509_get0_notBefore(shown.get())),
            .not_after = text_of(X509_get0_notAfter(shown.get())),
            .trusted = verdict.trusted,
            .why_not = verdict.problem};
}

}  // namespace vimclient
