// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include "base/text.hpp"
#include "commands/credential_verbs.hpp"
#include "commands/session.hpp"
#include "job/explain.hpp"
#include "report/messages.hpp"

namespace vmrotate::cli::credential {
namespace {

int test(const Options& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    Session session = open_session(context, vcenter);
    for (const std::string& warning : open_stores(context, vcenter).warnings())
        report::write_warning(context.environment.err, "credential test", warning);
    const auto here = context.environment.clock.now();
    const auto there = job::explaining("ask for the time", [&] { return session.vsphere().now(); });
    return finish(context,
                  {"test", false,
                   fmt::format("'{}' can log in to '{}': {}; its clock and ours differ by {}",
                               session.account().user, session.account().server,
                               session.vsphere().server().full_name,
                               duration_text(std::chrono::abs(here - there)))});
}

}  // namespace

void add_test(CLI::App& group, const Context& context)
{
    add_verb(group, context, "test", "Log in with the stored logon, and out again",
             std::make_shared<Options>(), test, Takes::server, DryRun::no);
}

}  // namespace vmrotate::cli::credential
