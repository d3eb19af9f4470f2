// SPDX-License-Identifier: GPL-3.0-or-later
#include "sealing.hpp"

#include <array>
#include <memory>
#include <stdexcept>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>

namespace credstore {

namespace {

constexpr std::string_view key_purpose = "vmrotate sealed credentials 1 key file";

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
    void operator()(EVP_KDF* kdf) const { EVP_KDF_free(kdf); }
    void operator()(EVP_KDF_CTX* context) const { EVP_KDF_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Free>;

void require(bool succeeded)
{
    if (!succeeded)
        throw std::runtime_error("the cryptographic library failed");
}

const unsigned char* bytes(std::string_view text)
{
    return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(char* text)
{
    return reinterpret_cast<unsigned char*>(text);
}

std::string random_text(std::size_t size)
{
    std::string text(size, '\0');
    require(RAND_bytes(bytes(text.data()), static_cast<int>(size)) == 1);
    return text;
}

OSSL_PARAM octets(const char* name, std::string_view value)
{
    return OSSL_PARAM_construct_octet_string(name, const_cast<char*>(value.data()), value.size());
}

Secret derive_key_encryption_key(const Secret& key, std::string_view salt)
{
    const std::unique_ptr<EVP_KDF, Free> kdf(EVP_KDF_fetch(nullptr, "HKDF", nullptr));
    require(kdf != nullptr);
    const std::unique_ptr<EVP_KDF_CTX, Free> context(EVP_KDF_CTX_new(kdf.get()));
    require(context != nullptr);

    std::string digest = "SHA256";
    const std::array<OSSL_PARAM, 5> parameters = {
        OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), digest.size()),
        octets(OSSL_KDF_PARAM_KEY, key.reveal()), octets(OSSL_KDF_PARAM_SALT, salt),
        octets(OSSL_KDF_PARAM_INFO, key_purpose), OSSL_PARAM_construct_end()};
    Secret derived = Secret::of_size(data_key_size);
    require(EVP_KDF_derive(context.get(), bytes(derived.data()), derived.size(),
                           parameters.data()) == 1);
    return derived;
}

std::string encrypt(const Secret& key, std::string_view nonce, std::string_view authenticated,
                    std::string_view plain)
{
    const Cipher cipher(EVP_CIPHER_CTX_new());
    require(cipher != nullptr);
    std::string sealed(plain.size() + tag_size, '\0');
    unsigned char* const tag = bytes(sealed.data()) + plain.size();
    int written = 0;
    require(EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes(key.reveal()), bytes(nonce),
                                nullptr) == 1);
    require(EVP_EncryptUpdate(cipher.get(), nullptr, &written, bytes(authenticated),
                              static_cast<int>(authenticated.size())) == 1);
    require(EVP_EncryptUpdate(cipher.get(), bytes(sealed.data()), &written, bytes(plain),
                              static_cast<int>(plain.size())) == 1);
    require(EVP_EncryptFinal_ex(cipher.get(), tag, &written) == 1);
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, static_cast<int>(tag_size),
                                tag) == 1);
    return sealed;
}

/// Nothing if the tag does not fit. `sealed` is at least a tag long.
std::optional<Secret> decrypt(const Secret& key, std::string_view nonce,
                              std::string_view authenticated, std::string_view sealed)
{
    const Cipher cipher(EVP_CIPHER_CTX_new());
    require(cipher != nullptr);
    const std::string_view encrypted = sealed.substr(0, sealed.size() - tag_size);
    std::string tag(sealed.substr(encrypted.size()));
    Secret plain = Secret::of_size(encrypted.size());
    std::array<unsigned char, tag_size> rest = {};
    int written = 0;
    require(EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes(key.reveal()), bytes(nonce),
                                nullptr) == 1);
    require(EVP_DecryptUpdate(cipher.get(), nullptr, &written, bytes(authenticated),
                              static_cast<int>(authenticated.size())) == 1);
    if (!plain.empty())
        require(EVP_DecryptUpdate(cipher.get(), bytes(plain.data()), &written, bytes(encrypted),
                                  static_cast<int>(encrypted.size())) == 1);
    require(EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, static_cast<int>(tag_size),
                                tag.data()) == 1);
    if (EVP_DecryptFinal_ex(cipher.get(), rest.data(), &written) != 1)
        return std::nullopt;
    return plain;
}

}  // namespace

Secret random_secret(std::size_t size)
{
    Secret secret = Secret::of_size(size);
    require(RAND_priv_bytes(bytes(secret.data()), static_cast<int>(size)) == 1);
    return secret;
}

std::string seal(const Secret& records, const Secret& key)
{
    const std::string salt = random_text(salt_size);
    const std::string key_nonce = random_text(nonce_size);
    const std::string records_nonce = random_text(nonce_size);
    const Secret data_key = random_secret(data_key_size);

    std::string file = write_envelope_start(salt, key_nonce);
    file += encrypt(derive_key_encryption_key(key, salt), key_nonce, file, data_key.reveal());
    file += write_envelope_middle(records_nonce, records.size() + tag_size);
    file += encrypt(data_key, records_nonce, file, records.reveal());
    return file;
}

std::optional<Secret> unseal(const Envelope& envelope, const Secret& key)
{
    const Secret key_encryption_key = derive_key_encryption_key(key, envelope.salt);
    const std::optional<Secret> data_key =
        decrypt(key_encryption_key, envelope.key_nonce, envelope.before_key, envelope.wrapped_key);
    if (!data_key)
        return std::nullopt;
    return decrypt(*data_key, envelope.records_nonce, envelope.before_records,
                   envelope.sealed_records);
}

}  // namespace credstore
