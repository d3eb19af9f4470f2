// SPDX-License-Identifier: GPL-3.0-or-later
#include "papers.hpp"

#include <array>
#include <cstdio>
#include <stdexcept>

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>

namespace contract {

namespace {

constexpr int day = 24 * 60 * 60;

void demand(bool done, const std::string& what)
{
    if (!done)
        throw std::runtime_error("OpenSSL cannot make " + what);
}

EVP_PKEY* make_key(KeyKind kind)
{
    switch (kind) {
        case KeyKind::ec_256: return EVP_EC_gen("P-256");
        case KeyKind::rsa_2048: return EVP_RSA_gen(2048);
        case KeyKind::rsa_1024: return EVP_RSA_gen(1024);
    }
    return nullptr;
}

void set_name(X509_NAME* subject, const std::string& name)
{
    const std::vector<unsigned char> bytes(name.begin(), name.end());
    demand(X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, bytes.data(),
                                      static_cast<int>(bytes.size()), -1, 0) == 1,
           "a name");
}

}  // namespace

Paper::Paper(const PaperPlan& plan, const Paper* issuer)
    : key_(make_key(plan.key)), certificate_(X509_new())
{
    static long serial = 0;
    X509* const paper = certificate_.get();
    demand(key_ && paper, "a certificate");
    X509* const signer = issuer ? issuer->certificate() : paper;
    X509_set_version(paper, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(paper), ++serial);
    X509_gmtime_adj(X509_getm_notBefore(paper), static_cast<long>(plan.begins) * day);
    X509_gmtime_adj(X509_getm_notAfter(paper), static_cast<long>(plan.ends) * day);
    X509_set_pubkey(paper, key_.get());
    set_name(X509_get_subject_name(paper), plan.name);
    X509_set_issuer_name(paper, X509_get_subject_name(signer));
    const bool is_authority = plan.role == Role::authority;
    add_extension(NID_basic_constraints, is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE",
                  signer);
    add_extension(NID_key_usage,
                  is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature",
                  signer);
    if (!is_authority)
        add_extension(NID_ext_key_usage, plan.purpose, signer);
    if (!plan.alt_names.empty())
        add_extension(NID_subject_alt_name, plan.alt_names, signer);
    if (!plan.name_constraints.empty())
        add_extension(NID_name_constraints, plan.name_constraints, signer);
    demand(X509_sign(paper, issuer ? issuer->key() : key_.get(),
                     EVP_get_digestbyname(plan.digest)) > 0,
           "a signature");
}

void Paper::add_extension(int nid, const std::string& value, X509* issuer)
{
    X509V3_CTX context{};
    X509V3_set_ctx(&context, issuer, certificate_.get(), nullptr, nullptr, 0);
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
    demand(extension && X509_add_ext(certificate_.get(), extension, -1) == 1,
           "the extension " + value);
    X509_EXTENSION_free(extension);
}

std::string Paper::fingerprint() const
{
    unsigned char* encoded = nullptr;
    const int size = i2d_X509(certificate_.get(), &encoded);
    demand(size > 0, "the encoded certificate");
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    SHA256(encoded, static_cast<std::size_t>(size), digest.data());
    OPENSSL_free(encoded);
    return fmt::format("{:02X}", fmt::join(digest, ":"));
}

void Paper::append_to(const std::string& file) const
{
    std::FILE* const out = std::fopen(file.c_str(), "ae");
    demand(out && PEM_write_X509(out, certificate_.get()) == 1, file);
    std::fclose(out);
}

}  // namespace contract
