// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include <openssl/ssl.h>

#include "connect.hpp"

namespace vimclient::wire {

/// A SHA-256 digest.
using Fingerprint = std::array<unsigned char, 32>;

/// "AB:CD:..." or plain hex, in either case. Throws Fault (untrusted) for anything else.
Fingerprint parse_fingerprint(std::string_view text);
std::string to_string(const Fingerprint& fingerprint);
Fingerprint fingerprint_of(const X509* certificate);

/// What was found at a handshake.
struct Verdict {
    bool seen = false;  ///< a certificate was shown
    bool trusted = false;
    std::string problem;  ///< a sentence's end: "it is self-signed"
    Fingerprint shown{};
};

/// Decides whether a server's certificate is the right one: by a pinned fingerprint, or by
/// its chain and name. Made once, used by every connection; it must outlive their SSL_CTX.
///
/// By chain and name: what OpenSSL demands of a TLS server at security level 2 (RSA of 2048
/// bits, no SHA-1), and the host among the DNS names or addresses of subjectAltName. The
/// subject's CN counts for nothing, and a wildcard stands for one whole label, the first.
///
/// By a fingerprint: that very certificate, whatever its dates, names and issuer are; but its
/// key must be as strong.
class Verifier {
public:
    /// Throws Fault (untrusted) where the CA file or the fingerprint cannot be used.
    Verifier(const Endpoint& endpoint, const Trust& trust);

    /// Makes `context` demand TLS 1.2 or 1.3 and ask here, at each handshake; the answer is left in
    /// `verdict`, which must outlive `context`.
    void install(SSL_CTX* context, Verdict& verdict);

private:
    static int answer(X509_STORE_CTX* chain, void* verdict);
    Verdict judge(X509_STORE_CTX* chain) const;
    std::string problem_text(int error, const X509* leaf) const;

    struct StoreDeleter {
        void operator()(X509_STORE* store) const { X509_STORE_free(store); }
    };

    std::string host_;
    bool pinned_ = false;
    Fingerprint pin_{};
    std::unique_ptr<X509_STORE, StoreDeleter> store_;
};

}  // namespace vimclient::wire
