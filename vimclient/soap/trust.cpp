// SPDX-License-Identifier: GPL-3.0-or-later
#include "soap/trust.hpp"

#include <arpa/inet.h>

#include <array>
#include <vector>

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace vimclient::wire {

namespace {

// OpenSSL's level 2 and its bits; the machine's configuration may demand more
constexpr int least_security_level = 2;
constexpr int least_security_bits = 112;

int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

struct NamesDeleter {
    void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

std::string text_of(const GENERAL_NAME* name)
{
    const ASN1_STRING* const text = name->type == GEN_IPADD ? name->d.iPAddress : name->d.dNSName;
    const std::string_view bytes{
        static_cast<const char*>(static_cast<const void*>(ASN1_STRING_get0_data(text))),
        static_cast<std::size_t>(ASN1_STRING_length(text))};
    if (name->type == GEN_DNS)
        return std::string(bytes);
    std::array<char, INET6_ADDRSTRLEN> address{};
    const int family = bytes.size() == 4 ? AF_INET : AF_INET6;
    const bool is_address = bytes.size() == 4 || bytes.size() == 16;
    if (!is_address || !inet_ntop(family, bytes.data(), address.data(), address.size()))
        return "?";
    return address.data();
}

// the names that count, as the certificate has them; the subject's CN is none
std::string names_in(const X509* certificate)
{
    constexpr std::size_t enough = 8;
    const std::unique_ptr<GENERAL_NAMES, NamesDeleter> names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
    std::vector<std::string> found;
    for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
        const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
        if (name->type == GEN_DNS || name->type == GEN_IPADD)
            found.push_back(fmt::format("'{}'", text_of(name)));
    }
    if (found.empty())
        return "no host in its subjectAltName";
    if (found.size() > enough) {
        found.resize(enough);
        found.emplace_back("...");
    }
    return fmt::format("{}", fmt::join(found, ", "));
}

bool is_weak(const X509* certificate)
{
    const EVP_PKEY* const key = X509_get0_pubkey(certificate);
    return !key || EVP_PKEY_get_security_bits(key) < least_security_bits;
}

int as_decided(int decided, X509_STORE_CTX*)
{
    return decided;
}

}  // namespace

Fingerprint parse_fingerprint(std::string_view text)
{
    Fingerprint bytes{};
    std::size_t digits = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ':' && digits > 0 && digits % 2 == 0 && i + 1 < text.size() &&
            text[i - 1] != ':')
            continue;
        const int value = hex_value(text[i]);
        if (value < 0 || digits >= 64)
            throw Fault(Fault::Kind::untrusted, "a fingerprint is 64 hexadecimal digits (SHA-256)");
        const auto byte = static_cast<unsigned>(bytes[digits / 2]) << 4U;
        bytes[digits / 2] = static_cast<unsigned char>(byte | static_cast<unsigned>(value));
        ++digits;
    }
    if (digits != 64)
        throw Fault(Fault::Kind::untrusted, "a fingerprint is 64 hexadecimal digits (SHA-256)");
    return bytes;
}

std::string to_string(const Fingerprint& fingerprint)
{
    return fmt::format("{:02X}", fmt::join(fingerprint, ":"));
}

Fingerprint fingerprint_of(const X509* certificate)
{
    Fingerprint digest{};
    unsigned int length = 0;
    if (!certificate || !X509_digest(certificate, EVP_sha256(), digest.data(), &length) ||
        length != digest.size())
        throw Fault(Fault::Kind::untrusted, "the certificate has no fingerprint");
    return digest;
}

Verifier::Verifier(const Endpoint& endpoint, const Trust& trust)
    : host_(endpoint.host), pinned_(!trust.fingerprint.empty()), store_(X509_STORE_new())
{
    if (pinned_) {
        pin_ = parse_fingerprint(trust.fingerprint);
        return;
    }
    const bool loaded = trust.ca_file.empty()
                            ? X509_STORE_set_default_paths(store_.get()) == 1
                            : X509_STORE_load_file(store_.get(), trust.ca_file.c_str()) == 1;
    ERR_clear_error();
    if (!loaded)
        throw Fault(Fault::Kind::untrusted,
                    fmt::format("cannot read the CA certificates in '{}'", trust.ca_file));
}

Verdict Verifier::judge(X509_STORE_CTX* chain) const
{
    Verdict verdict;
    X509* const leaf = X509_STORE_CTX_get0_cert(chain);
    verdict.seen = leaf != nullptr;
    verdict.shown = fingerprint_of(leaf);
    if (pinned_) {
        if (CRYPTO_memcmp(verdict.shown.data(), pin_.data(), pin_.size()) != 0)
            verdict.problem = fmt::format("its fingerprint is {}, but {} is the one that is known",
                                          to_string(verdict.shown), to_string(pin_));
        else if (is_weak(leaf))
            verdict.problem = "its key is too weak, whoever vouches for it";
        verdict.trusted = verdict.problem.empty();
        return verdict;
    }
    X509_VERIFY_PARAM* const demands = X509_STORE_CTX_get0_param(chain);
    X509_VERIFY_PARAM_set_hostflags(
        demands, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    if (X509_VERIFY_PARAM_set1_ip_asc(demands, host_.c_str()) != 1) {
        ERR_clear_error();
        X509_VERIFY_PARAM_set1_host(demands, host_.c_str(), host_.size());
    }
    X509_STORE_CTX_set_verify_cb(chain, as_decided);
    verdict.trusted = X509_verify_cert(chain) == 1;
    if (!verdict.trusted)
        verdict.problem = problem_text(X509_STORE_CTX_get_error(chain), leaf);
    return verdict;
}

std::string Verifier::problem_text(int error, const X509* leaf) const
{
    switch (error) {
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return fmt::format("the certificate's name does not match '{}': it names {}", host_,
                               names_in(leaf));
        default: return X509_verify_cert_error_string(error);
    }
}

int Verifier::answer(X509_STORE_CTX* chain, void* verdict)
{
    const auto* ssl = static_cast<const SSL*>(
        X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
    const auto* verifier = static_cast<const Verifier*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl)));
    auto& result = *static_cast<Verdict*>(verdict);
    try {
        result = verifier->judge(chain);
    } catch (const std::exception& problem) {
        result = {true, false, problem.what(), {}};
    }
    if (result.trusted)
        X509_STORE_CTX_set_error(chain, X509_V_OK);
    else if (X509_STORE_CTX_get_error(chain) == X509_V_OK)
        X509_STORE_CTX_set_error(chain, X509_V_ERR_APPLICATION_VERIFICATION);
    return result.trusted ? 1 : 0;
}

void Verifier::install(SSL_CTX* context, Verdict& verdict)
{
    SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
    SSL_CTX_set_max_proto_version(context, TLS1_3_VERSION);
    if (SSL_CTX_get_security_level(context) < least_security_level)
        SSL_CTX_set_security_level(context, least_security_level);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set1_cert_store(context, store_.get());
    SSL_CTX_set_app_data(context, this);
    SSL_CTX_set_cert_verify_callback(context, &Verifier::answer, &verdict);
}

}  // namespace vimclient::wire
