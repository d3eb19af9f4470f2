// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/x509.h>

/// Certificates that are made when a test needs them: right ones, and each wrong in one way.
namespace contract {

struct KeyDeleter {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct CertificateDeleter {
    void operator()(X509* certificate) const { X509_free(certificate); }
};

enum class KeyKind { ec_256, rsa_2048, rsa_1024 };
enum class Role { server, authority };

/// What a certificate says. The times are days from now.
struct PaperPlan {
    std::string name = "vcenter";  ///< the subject's CN
    std::string alt_names = {};    ///< "DNS:a.example,IP:127.0.0.1"; empty: none
    Role role = Role::server;
    KeyKind key = KeyKind::ec_256;
    int begins = -10, ends = 100;
    const char* digest = "SHA256";
    std::string purpose = "serverAuth";
    std::string name_constraints = {};
};

/// A certificate with its key.
class Paper {
public:
    /// Signed by `issuer`; by itself without one. Throws std::runtime_error.
    explicit Paper(const PaperPlan& plan, const Paper* issuer = nullptr);

    X509* certificate() const { return certificate_.get(); }
    EVP_PKEY* key() const { return key_.get(); }

    /// SHA-256, "AB:CD:...", by other means than the program's.
    std::string fingerprint() const;

    /// PEM, added to the end of a file.
    void append_to(const std::string& file) const;

private:
    void add_extension(int nid, const std::string& value, X509* issuer);

    std::unique_ptr<EVP_PKEY, KeyDeleter> key_;
    std::unique_ptr<X509, CertificateDeleter> certificate_;
};

}  // namespace contract
