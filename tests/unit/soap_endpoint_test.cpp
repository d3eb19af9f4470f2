// SPDX-License-Identifier: GPL-3.0-or-later
#include <stdexcept>

#include <doctest/doctest.h>

#include "connect.hpp"

using namespace vimclient;

TEST_CASE("endpoint: every form that is understood")
{
    struct Row {
        const char* text;
        const char* host;
        int port;
        const char* path;
        const char* known_as;
    };
    constexpr Row rows[] = {
        {"vcenter.example.com", "vcenter.example.com", 443, "/sdk", "vcenter.example.com"},
        {"10.0.0.5:8443", "10.0.0.5", 8443, "/sdk", "10.0.0.5:8443"},
        {"[::1]:8443", "::1", 8443, "/sdk", "[::1]:8443"},
        {"[fe80::1]", "fe80::1", 443, "/sdk", "[fe80::1]"},
        {"https://vc.example.com/sdk", "vc.example.com", 443, "/sdk", "vc.example.com"},
        {"https://vc.example.com", "vc.example.com", 443, "/sdk", "vc.example.com"},
        {"https://vc.example.com/", "vc.example.com", 443, "/sdk", "vc.example.com"},
        {"https://[::1]:444/proxy/sdk", "::1", 444, "/proxy/sdk", "[::1]:444"},
        {"vc:443", "vc", 443, "/sdk", "vc"},
        {"vc:65535", "vc", 65535, "/sdk", "vc:65535"},
        {"VC.Example.com:443", "vc.example.com", 443, "/sdk", "vc.example.com"},
        {"https://VC.Example.com/Proxy/sdk", "vc.example.com", 443, "/Proxy/sdk", "vc.example.com"},
        {"[FE80::A]:8443", "fe80::a", 8443, "/sdk", "[fe80::a]:8443"},
    };
    for (const Row& row : rows) {
        CAPTURE(row.text);
        const Endpoint endpoint = parse_endpoint(row.text);
        CHECK(endpoint.host == row.host);
        CHECK(endpoint.port == row.port);
        CHECK(endpoint.path == row.path);
        CHECK(to_string(endpoint) == row.known_as);
    }
}

TEST_CASE("endpoint: near misses are refused")
{
    for (const std::string bad : {"",
                                  ":443",
                                  "http://vc",
                                  "HTTPS//vc",
                                  "ftp://vc/sdk",
                                  "https://",
                                  "https:///sdk",
                                  "user@vc",
                                  "https://user:pass@vc/sdk",
                                  "vc:",
                                  "vc:0",
                                  "vc:65536",
                                  "vc:-1",
                                  "vc:44x",
                                  "vc:4 43",
                                  "vc:443:443",
                                  "::1",
                                  "fe80::1:443",
                                  "[::1",
                                  "[::1]8443",
                                  "[vc]",
                                  "[]",
                                  "[::1]:",
                                  "vc/sdk",
                                  "vc example",
                                  "vc\n",
                                  "https://vc/sdk?x=1",
                                  "https://vc/s dk",
                                  "https://vc/sdk#x",
                                  "vc;rm"}) {
        CAPTURE(bad);
        CHECK_THROWS_AS(parse_endpoint(bad), std::invalid_argument);
    }
}

TEST_CASE("endpoint: a message never shows a password")
{
    try {
        parse_endpoint("https://user:s3cret@vc/sdk");
        FAIL("accepted");
    } catch (const std::invalid_argument& problem) {
        CHECK(std::string(problem.what()).find("s3cret") == std::string::npos);
    }
}
