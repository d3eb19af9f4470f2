// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/display.hpp"

#include "commands/each_vm.hpp"
#include "report/job_report.hpp"

namespace vmrotate::cli {

std::unique_ptr<report::Heartbeat> begin_display(const Context& context, std::size_t vms)
{
    context.board.begin(vms, {.detail = detail_of(context), .events = context.globals.json});
    return context.board.shows_block() ? std::make_unique<report::Heartbeat>(context.board)
                                       : nullptr;
}

void show(const Context& context, const job::JobEnd& end)
{
    report::Told told = report::told_of(end);
    if (context.globals.json)
        told.out = report::json_line_of(end);
    context.board.write(told);
}

// With --json, people read on standard error what went wrong; and where lines are redrawn and
// standard output is elsewhere, how each VM ended.
void show(const Context& context, const report::VmResult& result)
{
    const Globals& globals = context.globals;
    const report::Told people = report::told_of(result);
    report::Told told{.out = globals.quiet ? std::string() : people.out, .err = people.err};
    if (context.board.shows_block() && !context.environment.screen.shows_out)
        told.err = people.out + told.err;
    if (globals.json)
        told.out = report::json_line_of(result);
    context.board.ended(result.end());
    context.board.write(told);
}

int end_display(const Context& context, const report::Night& night)
{
    const int code = report::exit_code_of(night);
    context.board.end();
    if (context.globals.json)
        report::write_summary_json(context.environment.out, night, code);
    else if (!context.globals.quiet)
        context.environment.out << report::night_text(night) << std::flush;
    return code;
}

}  // namespace vmrotate::cli
