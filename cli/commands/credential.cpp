// SPDX-License-Identifier: GPL-3.0-or-later
#include "base/error.hpp"
#include "commands/commands.hpp"
#include "commands/credential_verbs.hpp"

namespace vmrotate::cli {

void add_credential(CLI::App& app, const Context& context)
{
    CLI::App* const group =
        app.add_subcommand("credential", "Keep the logon in an encrypted store");
    group->require_subcommand(0, 1);  // (1) would not name a mistyped word
    group->callback([group] {
        if (group->get_subcommands().empty())
            throw Error(ErrorKind::usage, "'credential' is given no verb",
                        "add, list, test, remove, trust, import or rekey; see 'vmrotate credential "
                        "--help'");
    });
    group->footer(
        "Examples:\n"
        "  vmrotate credential add vc.example.com --user backup@vsphere.local\n"
        "  vmrotate credential test vc.example.com");
    credential::add_add(*group, context);
    credential::add_list(*group, context);
    credential::add_test(*group, context);
    credential::add_remove(*group, context);
    credential::add_trust(*group, context);
    credential::add_import(*group, context);
    credential::add_rekey(*group, context);
}

}  // namespace vmrotate::cli
