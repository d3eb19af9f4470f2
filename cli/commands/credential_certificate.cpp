// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/credential_certificate.hpp"

#include <algorithm>
#include <cctype>

#include <fmt/ostream.h>

#include "base/error.hpp"
#include "commands/session.hpp"
#include "job/explain.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::cli::credential {
namespace {

std::string digits_of(const std::string& fingerprint)
{
    std::string digits;
    for (const char c : fingerprint)
        if (c != ':')
            digits += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    return digits;
}

Error changed(const std::string& server, const vimclient::Certificate& certificate,
              const std::string& known)
{
    return {ErrorKind::unreachable,
            fmt::format("the certificate of '{}' is not the pinned one: its fingerprint is {}, but "
                        "{} is the one that is known",
                        server, certificate.fingerprint, known),
            fmt::format("if the server was given a new one, run 'vmrotate credential trust {}'",
                        server)};
}

}  // namespace

vimclient::Certificate shown_certificate(const Context& context, const config::Vcenter& vcenter)
{
    const auto endpoint = endpoint_of(vcenter);
    return job::explaining("reach the server", [&] {
        return context.environment.certificate(endpoint, vcenter.ca_file);
    });
}

bool same_fingerprint(const std::string& left, const std::string& right)
{
    return digits_of(left) == digits_of(right);
}

void show_certificate(const Context& context, const std::string& server,
                      const vimclient::Certificate& certificate, const std::string& known)
{
    if (context.globals.json)
        report::write_line(context.environment.out, "certificate",
                           {{"server", server},
                            {"known", known},
                            {"fingerprint", certificate.fingerprint},
                            {"subject", certificate.subject},
                            {"issuer", certificate.issuer},
                            {"not_before", certificate.not_before},
                            {"not_after", certificate.not_after},
                            {"trusted", certificate.trusted},
                            {"why_not", certificate.why_not}});
    std::ostream& err = context.environment.err;
    const auto line = [&](const char* what, const std::string& text) {
        fmt::print(err, "  {:<12} {}\n", what, report::printable(text));
    };
    fmt::print(err, "The certificate of {}: {}\n", server,
               certificate.trusted
                   ? "a CA vouches for it"
                   : "no CA vouches for it: " + report::printable(certificate.why_not));
    line("subject", certificate.subject);
    line("issuer", certificate.issuer);
    line("valid from", certificate.not_before);
    line("valid until", certificate.not_after);
    if (!known.empty())
        line("SHA-256, old", known);
    line(known.empty() ? "SHA-256" : "SHA-256, new", certificate.fingerprint);
    err.flush();
}

void demand_a_yes(const Context& context, const std::string& server,
                  const vimclient::Certificate& certificate)
{
    if (context.environment.confirm("Is this the fingerprint that the server itself shows?"))
        return;
    throw Error(
        ErrorKind::unreachable,
        fmt::format("the certificate of '{}' was not trusted{}{}; its fingerprint is {}", server,
                    certificate.why_not.empty() ? "" : ": ", certificate.why_not,
                    certificate.fingerprint),
        fmt::format("give its CA with --ca-file, or --pin SHA256:{} once you have compared it with "
                    "the server's",
                    certificate.fingerprint));
}

std::string fingerprint_to_pin(const Context& context, const config::Vcenter& vcenter,
                               const std::string& known)
{
    if (!vcenter.fingerprint.empty())
        return vcenter.fingerprint;
    const auto certificate = shown_certificate(context, vcenter);
    const std::string server = vimclient::to_string(endpoint_of(vcenter));
    if (!known.empty()) {
        if (!same_fingerprint(known, certificate.fingerprint))
            throw changed(server, certificate, known);
        return known;
    }
    if (certificate.trusted)
        return {};
    show_certificate(context, server, certificate, known);
    demand_a_yes(context, server, certificate);
    return certificate.fingerprint;
}

}  // namespace vmrotate::cli::credential
