// SPDX-License-Identifier: GPL-3.0-or-later
#include <cstdio>
#include <exception>

#include "app.hpp"
#include "process.hpp"

int main(int argument_count, char** arguments)
try {
    using namespace vmrotate;
    cli::harden_process();
    cli::start_openssl();
    const cli::Signals signals;
    cli::Streams streams(signals.token());
    cli::Environment environment = cli::real_environment(signals, streams);
    return cli::run({arguments + 1, arguments + argument_count}, environment);
} catch (const std::exception& e) {  // before anything was begun: no memory, no thread
    std::fputs("vmrotate: cannot start: ", stderr);
    std::fputs(e.what(), stderr);
    std::fputs("\n", stderr);
    return 1;
}
