// SPDX-License-Identifier: GPL-3.0-or-later
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "connect.hpp"
#include "papers.hpp"
#include "tls_server.hpp"

using namespace vimclient;
using contract::KeyKind;
using contract::Paper;
using contract::PaperPlan;
using contract::Role;
using contract::TlsServer;
using Kind = Fault::Kind;

namespace {

enum class Issuer {
    root,
    itself,
    stranger,
    middle,
    late_middle,
    weak_middle,
    no_authority,
    fenced
};
enum class Shown { alone, with_issuer };
enum class By { ca_file, system, own_file, pin, pin_and_ca_file, other_pin, issuers_pin };

/// No message: the server is believed, and gets the request.
struct Row {
    std::string name;
    PaperPlan paper;
    std::string message = {};
    Issuer issuer = Issuer::root;
    Shown shown = Shown::alone;
    std::string host = "vc.test";
    By by = By::ca_file;
    int newest = TLS1_3_VERSION;
};

const PaperPlan right{.alt_names = "DNS:vc.test"};

PaperPlan named(const std::string& alt_names)
{
    return {.alt_names = alt_names};
}

const std::vector<Row> rows = {
    {"all is right", right},
    {"an RSA key of 2048 bits", {.alt_names = "DNS:vc.test", .key = KeyKind::rsa_2048}},
    {.name = "a server that speaks TLS 1.2 at most", .paper = right, .newest = TLS1_2_VERSION},
    {"one of several names", named("DNS:a.test,DNS:vc.test")},
    {.name = "names do not care for case", .paper = named("DNS:vc.TEST"), .host = "VC.test"},
    {.name = "a wildcard for one label", .paper = named("DNS:*.lab.test"), .host = "vc.lab.test"},
    {.name = "an address", .paper = named("IP:127.0.0.1"), .host = "127.0.0.1"},
    {.name = "a chain with its intermediate",
     .paper = right,
     .issuer = Issuer::middle,
     .shown = Shown::with_issuer},
    {.name = "self-signed, and given as the CA",
     .paper = right,
     .issuer = Issuer::itself,
     .by = By::own_file},
    {.name = "a CA of the system", .paper = right, .by = By::system},
    {.name = "a name that the issuer's constraint permits",
     .paper = named("DNS:vc.fenced.test"),
     .issuer = Issuer::fenced,
     .shown = Shown::with_issuer,
     .host = "vc.fenced.test"},

    {"expired", {.alt_names = "DNS:vc.test", .begins = -20, .ends = -1}, "certificate has expired"},
    {"not yet valid", {.alt_names = "DNS:vc.test", .begins = 1}, "certificate is not yet valid"},
    {.name = "self-signed",
     .paper = right,
     .message = "self-signed certificate",
     .issuer = Issuer::itself},
    {.name = "a CA that nobody knows",
     .paper = right,
     .message = "unable to get local issuer certificate",
     .issuer = Issuer::stranger},
    {.name = "a CA that the system does not know",
     .paper = right,
     .message = "unable to get local issuer certificate",
     .issuer = Issuer::stranger,
     .by = By::system},
    {"another host", named("DNS:other.test"),
     "name does not match 'vc.test': it names 'other.test'"},
    {"the right name in CN only", {.name = "vc.test"}, "it names no host in its subjectAltName"},
    {"the right name in CN beside other names",
     {.name = "vc.test", .alt_names = "DNS:other.test"},
     "it names 'other.test'"},
    {.name = "another address",
     .paper = named("IP:127.0.0.2,IP:::1"),
     .message = "name does not match '127.0.0.1': it names '127.0.0.2', '::1'",
     .host = "127.0.0.1"},
    {.name = "an address written as a name",
     .paper = named("DNS:127.0.0.1"),
     .message = "name does not match '127.0.0.1'",
     .host = "127.0.0.1"},
    {"an address does not stand for a name", named("IP:127.0.0.1"),
     "name does not match 'vc.test': it names '127.0.0.1'"},
    {.name = "a wildcard inside of a word",
     .paper = named("DNS:*calh*"),
     .message = "it names '*calh*'",
     .host = "localhost"},
    {.name = "a wildcard before the rest of a label",
     .paper = named("DNS:*c.lab.test"),
     .message = "name does not match",
     .host = "vc.lab.test"},
    {.name = "a wildcard behind the start of a label",
     .paper = named("DNS:v*.lab.test"),
     .message = "name does not match",
     .host = "vc.lab.test"},
    {.name = "a wildcard for two labels",
     .paper = named("DNS:*.lab.test"),
     .message = "name does not match",
     .host = "a.vc.lab.test"},
    {.name = "a wildcard that is not the first label",
     .paper = named("DNS:vc.*.test"),
     .message = "name does not match",
     .host = "vc.lab.test"},
    {.name = "a wildcard for no label",
     .paper = named("DNS:*.lab.test"),
     .message = "name does not match",
     .host = "lab.test"},
    {"a wildcard for a whole top-level domain", named("DNS:*.test"), "name does not match"},
    {"a wildcard for everything", named("DNS:*"), "name does not match"},
    {.name = "a chain without its intermediate",
     .paper = right,
     .message = "unable to get local issuer certificate",
     .issuer = Issuer::middle},
    {.name = "an intermediate that has expired",
     .paper = right,
     .message = "certificate has expired",
     .issuer = Issuer::late_middle,
     .shown = Shown::with_issuer},
    {.name = "an intermediate with a weak key",
     .paper = right,
     .message = "CA certificate key too weak",
     .issuer = Issuer::weak_middle,
     .shown = Shown::with_issuer},
    {.name = "an issuer that is no authority",
     .paper = right,
     .message = "invalid CA certificate",
     .issuer = Issuer::no_authority,
     .shown = Shown::with_issuer},
    {.name = "a name that the issuer's constraint does not permit",
     .paper = right,
     .message = "permitted subtree violation",
     .issuer = Issuer::fenced,
     .shown = Shown::with_issuer},
    {"an RSA key of 1024 bits",
     {.alt_names = "DNS:vc.test", .key = KeyKind::rsa_1024},
     "EE certificate key too weak"},
    {"a signature by SHA-1",
     {.alt_names = "DNS:vc.test", .digest = "SHA1"},
     "CA signature digest algorithm too weak"},
    {"a certificate for clients",
     {.alt_names = "DNS:vc.test", .purpose = "clientAuth"},
     "unsuitable certificate purpose"},
    {.name = "a server that speaks TLS 1.1 at most",
     .paper = right,
     .message = "TLS 1.2",
     .newest = TLS1_1_VERSION},
    {.name = "a server that speaks TLS 1.0 only",
     .paper = right,
     .message = "TLS 1.2",
     .newest = TLS1_VERSION},

    {.name = "the pinned one, self-signed",
     .paper = right,
     .issuer = Issuer::itself,
     .by = By::pin},
    {.name = "the pinned one, under another name",
     .paper = named("DNS:other.test"),
     .issuer = Issuer::itself,
     .by = By::pin},
    {.name = "the pinned one, expired",
     .paper = {.alt_names = "DNS:vc.test", .begins = -20, .ends = -1},
     .issuer = Issuer::itself,
     .by = By::pin},
    {.name = "the pinned one, and the CA file knows another",
     .paper = right,
     .issuer = Issuer::stranger,
     .by = By::pin_and_ca_file},
    {.name = "the pinned one with a weak key",
     .paper = {.alt_names = "DNS:vc.test", .key = KeyKind::rsa_1024},
     .message = "its key is too weak",
     .issuer = Issuer::itself,
     .by = By::pin},
    {.name = "another one than the pinned, though its CA is known",
     .paper = right,
     .message = "is the one that is known",
     .by = By::other_pin},
    {.name = "the issuer's pin is not the server's",
     .paper = right,
     .message = "is the one that is known",
     .issuer = Issuer::middle,
     .shown = Shown::with_issuer,
     .by = By::issuers_pin},
    {.name = "the pinned one over TLS 1.1",
     .paper = right,
     .message = "TLS 1.2",
     .by = By::pin,
     .newest = TLS1_1_VERSION},
};

/// The authorities, made once, and a folder with their files.
class Office {
public:
    Office() : folder_(std::filesystem::temp_directory_path() / fmt::format("papers-{}", getpid()))
    {
        std::filesystem::create_directory(folder_);
        const PaperPlan authority{.role = Role::authority};
        const auto plan = [&](const char* name) {
            PaperPlan changed = authority;
            changed.name = name;
            return changed;
        };
        const Paper& root = issuers_.try_emplace(Issuer::root, plan("root")).first->second;
        issuers_.try_emplace(Issuer::stranger, plan("stranger"));
        issuers_.try_emplace(Issuer::middle, plan("middle"), &root);
        PaperPlan late = plan("late"), weak = plan("weak"), fenced = plan("fenced");
        late.begins = -20;
        late.ends = -1;
        weak.key = KeyKind::rsa_1024;
        fenced.name_constraints = "critical,permitted;DNS:fenced.test";
        issuers_.try_emplace(Issuer::late_middle, late, &root);
        issuers_.try_emplace(Issuer::weak_middle, weak, &root);
        issuers_.try_emplace(Issuer::fenced, fenced, &root);
        issuers_.try_emplace(Issuer::no_authority, PaperPlan{.name = "no authority"}, &root);
        root.append_to(root_file());
        ::setenv("SSL_CERT_FILE", root_file().c_str(), 1);  // the system's, for this process
    }
    ~Office()
    {
        ::unsetenv("SSL_CERT_FILE");
        std::filesystem::remove_all(folder_);
    }
    Office(const Office&) = delete;
    Office& operator=(const Office&) = delete;

    const Paper* issuer(Issuer which) const
    {
        return which == Issuer::itself ? nullptr : &issuers_.at(which);
    }

    Trust trust(const Row& row, const Paper& paper) const
    {
        switch (row.by) {
            case By::ca_file: return {.ca_file = root_file(), .fingerprint = {}};
            case By::system: return {};
            case By::own_file: {
                const std::string file = folder_ / "own.pem";
                paper.append_to(file);
                return {.ca_file = file, .fingerprint = {}};
            }
            case By::pin: return {.ca_file = {}, .fingerprint = paper.fingerprint()};
            case By::pin_and_ca_file:
                return {.ca_file = root_file(), .fingerprint = paper.fingerprint()};
            case By::other_pin: return {.ca_file = {}, .fingerprint = other_pin};
            case By::issuers_pin:
                return {.ca_file = {}, .fingerprint = issuer(row.issuer)->fingerprint()};
        }
        return {};
    }

private:
    static inline const std::string other_pin =
        fmt::format("{:02X}", fmt::join(std::vector<int>(32, 0xAB), ":"));
    std::string root_file() const { return folder_ / "root.pem"; }

    std::filesystem::path folder_;
    std::map<Issuer, Paper> issuers_;
};

/// How the attempt to log in ended; the server behind it speaks no SOAP.
Fault attempt(const Endpoint& endpoint, const Trust& trust)
{
    const Patience none{.reply = std::chrono::seconds{20}, .retry_for = std::chrono::seconds{0}};
    try {
        connect(endpoint, trust, {"user", "password"}, none, "vmrotate/test");
    } catch (const Fault& fault) {
        return fault;
    }
    FAIL("a server that speaks no SOAP was logged in to");
    std::abort();
}

void check_look(const Row& row, const Endpoint& endpoint, const Trust& trust, const Paper& paper)
{
    const std::chrono::seconds patience{20};
    if (row.newest < TLS1_2_VERSION) {
        CHECK_THROWS_WITH_AS(peer_certificate(endpoint, trust.ca_file, patience),
                             doctest::Contains(row.message.c_str()), Fault);
        return;
    }
    const Certificate shown = peer_certificate(endpoint, trust.ca_file, patience);
    CHECK(shown.fingerprint == paper.fingerprint());
    CHECK(shown.subject == "CN=" + row.paper.name);
    if (!trust.fingerprint.empty())  // which it is not asked about
        return;
    CHECK(shown.trusted == row.message.empty());
    CHECK_MESSAGE(shown.why_not.find(row.message) != std::string::npos, shown.why_not);
}

}  // namespace

TEST_CASE("a server is believed by its chain and name, or by its pin, and by nothing less")
{
    const Office office;
    int believed = 0;
    for (const Row& row : rows) {
        CAPTURE(row.name);
        const Paper paper(row.paper, office.issuer(row.issuer));
        std::vector<const Paper*> chain{&paper};
        if (row.shown == Shown::with_issuer)
            chain.push_back(office.issuer(row.issuer));
        const TlsServer server(chain, row.newest);
        const Endpoint endpoint{.host = row.host, .port = server.port()};
        const Trust trust = office.trust(row, paper);

        const Fault fault = attempt(endpoint, trust);
        const bool is_old = row.newest < TLS1_2_VERSION;
        CHECK(server.requests() == (row.message.empty() ? 1 : 0));
        CHECK((fault.kind() == Kind::untrusted) == (!row.message.empty() && !is_old));
        const std::string said = fault.what();
        CHECK_MESSAGE(said.find(row.message) != std::string::npos, said);
        CHECK_MESSAGE(said.find(fmt::format("{}:{}", row.host, server.port())) != std::string::npos,
                      said);
        if (row.by == By::other_pin || row.by == By::issuers_pin) {
            CHECK(said.find(paper.fingerprint()) != std::string::npos);
            CHECK(said.find(trust.fingerprint) != std::string::npos);
        }
        check_look(row, endpoint, trust, paper);
        CHECK(server.requests() == (row.message.empty() ? 1 : 0));
        believed += row.message.empty() ? 1 : 0;
    }
    MESSAGE(rows.size() << " certificates, " << believed << " of them believed");
}
