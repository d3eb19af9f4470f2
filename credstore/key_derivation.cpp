// SPDX-License-Identifier: GPL-3.0-or-later
#include "key_derivation.hpp"

#include <memory>
#include <string>
#include <vector>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "openssl_text.hpp"

namespace credstore {
namespace {

constexpr std::string_view key_file_purpose = "vmrotate sealed credentials 1 key file";
constexpr std::string_view systemd_purpose = "vmrotate sealed credentials 2 systemd credential";

struct FreeKdf {
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};

OSSL_PARAM octets(const char* name, std::string_view value)
{
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
}

Secret derive(const char* function, const std::vector<OSSL_PARAM>& parameters)
{
    const std::unique_ptr<EVP_KDF, FreeKdf> kdf(EVP_KDF_fetch(nullptr, function, nullptr));
    require(kdf != nullptr);
    const std::unique_ptr<EVP_KDF_CTX, FreeKdf> context(EVP_KDF_CTX_new(kdf.get()));
    require(context != nullptr);
    Secret derived = Secret::of_size(data_key_size);
    require(EVP_KDF_derive(context.get(), bytes_of(derived.data()), derived.size(),
                           parameters.data()) == 1);
    return derived;
}

Secret hkdf(const Secret& key, std::string_view salt, std::string_view purpose)
{
    std::string digest = "SHA256";
    return derive(
        "HKDF",
        {OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
         octets(OSSL_KDF_PARAM_KEY, key.reveal()), octets(OSSL_KDF_PARAM_SALT, salt),
         octets(OSSL_KDF_PARAM_INFO, purpose), OSSL_PARAM_construct_end()});
}

Secret scrypt(const Secret& passphrase, std::string_view salt, const ByPassphrase& cost)
{
    std::uint64_t n = std::uint64_t{1} << cost.log2_n;
    std::uint32_t r = cost.r, p = cost.p;
    std::uint64_t most_memory = 128 * (n + p + 2) * r;
    const std::string_view phrase = passphrase.empty() ? "" : passphrase.reveal();
    return derive("SCRYPT",
                  {octets(OSSL_KDF_PARAM_PASSWORD, phrase), octets(OSSL_KDF_PARAM_SALT, salt),
                   OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
                   OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
                   OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &most_memory),
                   OSSL_PARAM_construct_end()});
}

}  // namespace

Secret derive_key(const Derivation& derivation, const Secret& opener, std::string_view salt)
{
    if (const auto* cost = std::get_if<ByPassphrase>(&derivation))
        return scrypt(opener, salt, *cost);
    const bool is_file = std::holds_alternative<ByKeyFile>(derivation);
    return hkdf(opener, salt, is_file ? key_file_purpose : systemd_purpose);
}

}  // namespace credstore
