// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>

#include "job/hooks.hpp"

namespace vmrotate::cli {

/// Hooks as processes of this machine. What a hook is told is one JSON object on its standard
/// input, with `schema` (1) and the facts in their order, and a variable for each. Of what it
/// writes, 200 lines of 500 characters are said; the rest is read and left out. What it leaves
/// running in the background when it ends well goes on, unheard.
class HookProcesses final : public job::HookRunner {
public:
    std::string obstacle(const std::string& program) const override;
    job::HookEnd run(const job::HookCall& call, std::stop_token stop) override;
};

/// One object, and a newline.
std::string hook_input(const job::HookCall& call);

/// "VMROTATE_SOURCE=vm-42", ...: whatever a value holds, a character 0 apart.
std::vector<std::string> hook_variables(const job::HookCall& call);

}  // namespace vmrotate::cli
