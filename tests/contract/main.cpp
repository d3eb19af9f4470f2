// SPDX-License-Identifier: GPL-3.0-or-later
#include <csignal>

#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

int main(int count, char** arguments)
{
    std::signal(SIGPIPE, SIG_IGN);
    return doctest::Context(count, arguments).run();
}
