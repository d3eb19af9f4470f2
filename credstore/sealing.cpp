// SPDX-License-Identifier: GPL-3.0-or-later
#include "sealing.hpp"

#include <array>
#include <memory>
#include <string_view>

#include <openssl/evp.h>
#include <openssl/rand.h>

#include "key_derivation.hpp"
#include "openssl_text.hpp"

namespace credstore {

namespace {

struct Free {
    void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Cipher = std::unique_ptr<EVP_CIPHER_CTX, Free>;

std::string random_text(std::size_t size)
{
    std::string text(size, '\0');
    require(RAND_bytes(bytes_of(text.data()), static_cast<int>(size)) == 1);
    return text;
}

std::string encrypt(const Secret& key, std::string_view nonce, std::string_view authenticated,
                    std::string_view plain)
{
    const Cipher cipher(EVP_CIPHER_CTX_new());
    require(cipher != nullptr);
    std::string sealed(plain.size() + tag_size, '\0');
    unsigned char* const tag = bytes_of(sealed.data()) + plain.size();
    int written = 0;
    require(EVP_EncryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(key.reveal()),
                                bytes_of(nonce), nullptr) == 1);
    require(EVP_EncryptUpdate(cipher.get(), nullptr, &written, bytes_of(authenticated),
                              static_cast<int>(authenticated.size())) == 1);
    require(EVP_EncryptUpdate(cipher.get(), bytes_of(sealed.data()), &written, bytes_of(plain),
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
    require(EVP_DecryptInit_ex2(cipher.get(), EVP_aes_256_gcm(), bytes_of(key.reveal()),
                                bytes_of(nonce), nullptr) == 1);
    require(EVP_DecryptUpdate(cipher.get(), nullptr, &written, bytes_of(authenticated),
                              static_cast<int>(authenticated.size())) == 1);
    if (!plain.empty())
        require(EVP_DecryptUpdate(cipher.get(), bytes_of(plain.data()), &written,
                                  bytes_of(encrypted), static_cast<int>(encrypted.size())) == 1);
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
    require(RAND_priv_bytes(bytes_of(secret.data()), static_cast<int>(size)) == 1);
    return secret;
}

std::string seal(const Secret& records, const Derivation& derivation, const Secret& opener)
{
    const std::string salt = random_text(salt_size);
    const std::string key_nonce = random_text(nonce_size);
    const std::string records_nonce = random_text(nonce_size);
    const Secret data_key = random_secret(data_key_size);

    std::string file = write_envelope_start(derivation, salt, key_nonce);
    file += encrypt(derive_key(derivation, opener, salt), key_nonce, file, data_key.reveal());
    file += write_envelope_middle(records_nonce, records.size() + tag_size);
    file += encrypt(data_key, records_nonce, file, records.reveal());
    return file;
}

std::optional<Secret> unseal(const Envelope& envelope, const Secret& opener)
{
    const Secret key = derive_key(envelope.derivation, opener, envelope.salt);
    const std::optional<Secret> data_key =
        decrypt(key, envelope.key_nonce, envelope.before_key, envelope.wrapped_key);
    if (!data_key)
        return std::nullopt;
    return decrypt(*data_key, envelope.records_nonce, envelope.before_records,
                   envelope.sealed_records);
}

}  // namespace credstore
