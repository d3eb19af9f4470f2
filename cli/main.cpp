// SPDX-License-Identifier: GPL-3.0-or-later
#include "app.hpp"
#include "process.hpp"

int main(int argument_count, char** arguments)
{
    using namespace vmrotate;
    cli::harden_process();
    const cli::Signals signals;
    cli::Environment environment = cli::real_environment(signals);
    return cli::run({arguments + 1, arguments + argument_count}, environment);
}
