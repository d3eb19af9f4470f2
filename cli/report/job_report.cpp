// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/job_report.hpp"

#include <utility>

#include <fmt/format.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"
#include "report/vm_lines.hpp"

namespace vmrotate::report {

Told told_of(const job::JobEnd& end)
{
    Told told;
    if (end.after)
        told.err = errors_about(end.story.job, {*end.after});
    return told;
}

std::string json_line_of(const job::JobEnd& end)
{
    const job::JobStory& story = end.story;
    Json line = {{"job", story.job},       {"result", story.outcome},
                 {"vms", story.vms},       {"generations", story.generations},
                 {"failed", story.failed}, {"skipped", story.skipped}};
    const auto& error = end.before ? end.before : end.after;
    if (error) {
        line["message"] = error->what();
        line["hint"] = error->hint();
    }
    return json_line("job", line);
}

JobProgress::JobProgress(Board& board, Clock clock, std::string job, Detail detail)
    : board_(board), clock_(std::move(clock)), job_(std::move(job)), detail_(detail)
{
}

void JobProgress::detail(const std::string& text)
{
    if (detail_ == Detail::verbose)
        write(text);
}

void JobProgress::step(const std::string& what)
{
    detail(what);
}

void JobProgress::remark(const std::string& text)
{
    event("remark", text);
    if (detail_ != Detail::warnings)
        write(text);
}

void JobProgress::warning(const std::string& text)
{
    event("warning", text);
    board_.write({.out = {}, .err = warning_text(job_, text)});
}

void JobProgress::write(const std::string& text)
{
    const std::string when =
        detail_ == Detail::verbose ? clock_.local_text(clock_.now()) + " " : std::string();
    board_.write({.out = {}, .err = when + line_about(job_, text)});
}

void JobProgress::event(const std::string& type, const std::string& text)
{
    board_.event(type, "", {{"job", job_}, {"message", text}});
}

}  // namespace vmrotate::report
