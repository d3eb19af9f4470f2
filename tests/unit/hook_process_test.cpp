// SPDX-License-Identifier: GPL-3.0-or-later
#include "hook_process.hpp"

#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace vmrotate;
using job::HookEnd;
using Kind = job::HookEnd::Kind;

namespace {

constexpr std::chrono::seconds ample{60};

/// "exited 3", "killed 9", ... and what it said, a line each.
struct Told {
    std::string end, said;
};

std::string text_of(const HookEnd& end)
{
    switch (end.kind) {
        case Kind::exited: return fmt::format("exited {}", end.code);
        case Kind::killed: return fmt::format("killed {}", end.code);
        case Kind::timed_out: return "timed out";
        case Kind::stopped: return "stopped";
        case Kind::not_started: return "not started: " + end.problem;
    }
    return "?";
}

Told run_program(const config::Command& command, std::chrono::seconds limit = ample,
                 const std::vector<job::HookFact>& facts = {}, const std::stop_source& stop = {},
                 const std::function<void(const std::string&)>& on_line = {})
{
    Told told;
    const job::HookCall call{
        .command = command, .limit = limit, .facts = facts, .say = [&](const std::string& line) {
            told.said += line + "\n";
            if (on_line)
                on_line(line);
        }};
    told.end = text_of(cli::HookProcesses().run(call, stop.get_token()));
    return told;
}

Told run_script(const std::string& script, std::chrono::seconds limit = ample,
                const std::vector<job::HookFact>& facts = {})
{
    return run_program({"/bin/sh", "-c", script, "sh"}, limit, facts);
}

bool is_alive(pid_t process)
{
    return ::kill(process, 0) == 0;
}

/// A process that was killed is gone once its new parent has noticed.
bool ends_soon(pid_t process)
{
    for (int i = 0; i < 600 && is_alive(process); ++i)
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
    return !is_alive(process);
}

struct Case {
    std::string script, end, said;
};

}  // namespace

TEST_CASE("hook process: how it ends, and what it says")
{
    const std::vector<Case> cases = {
        {"true", "exited 0", ""},
        {"exit 3", "exited 3", ""},
        {"kill -9 $$", "killed 9", ""},
        {"echo out; echo err >&2; exit 1", "exited 1", "out\nerr\n"},
        {"printf 'no newline'", "exited 0", "no newline\n"},
        {"printf 'a\\033[31m\\tb\\n\\n'", "exited 0", "a?[31m?b\n\n"},
        {"exec >&- 2>&-; exit 4", "exited 4", ""},
        {"cat >/dev/null; cat; echo end", "exited 0", "end\n"},
        {"(exec sleep 7 <&-) & exit 5", "exited 5", ""},
        {"[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ] && echo leads", "exited 0", "leads\n"},
    };
    for (const Case& c : cases) {
        CAPTURE(c.script);
        const Told told = run_script(c.script);
        CHECK(told.end == c.end);
        CHECK(told.said == c.said);
    }
}

TEST_CASE("hook process: a flood is read, and shown in part")
{
    const Told told = run_script("seq 100000; head -c 100000 /dev/zero | tr '\\0' x");
    CHECK(told.end == "exited 0");
    CHECK(told.said.starts_with("1\n2\n3\n"));
    CHECK(told.said.ends_with("200\n99801 more lines are left out\n"));
    const Told line = run_script("head -c 100000 /dev/zero | tr '\\0' x");
    CHECK(line.said == std::string(500, 'x') + "...\n");
}

TEST_CASE("hook process: it knows the facts from its input and from variables")
{
    const std::vector<job::HookFact> facts = {
        {"hook", "thaw"},
        {"vm", std::string("a \"b\"\n日本 $(x)")},
        {"source_datastores", std::vector<std::string>{"mango", "local 2"}},
        {"generation", ""}};
    const Told told = run_script(
        "cat; printf '%s|%s|%s|%s|%s\\n' \"$VMROTATE_HOOK\" \"$VMROTATE_VM\" "
        "\"$VMROTATE_SOURCE_DATASTORES\" \"${VMROTATE_GENERATION-unset}\" \"${PATH:+path}\"",
        ample, facts);
    CHECK(told.end == "exited 0");
    CHECK(
        told.said ==
        R"json({"schema":1,"hook":"thaw","vm":"a \"b\"\n日本 $(x)","source_datastores":["mango","local 2"],"generation":""})json"
        "\nthaw|a \"b\"\n日本 $(x)|mango\nlocal 2||path\n");
    const auto variables = cli::hook_variables({{}, {}, facts, {}});
    CHECK(variables[2] == "VMROTATE_SOURCE_DATASTORES=mango\nlocal 2");
}

TEST_CASE("hook process: no shell looks at its arguments")
{
    const Told told = run_program({"/usr/bin/printf", "%s\\n", "$HOME; `id` *", ""});
    CHECK(told.said == "$HOME; `id` *\n\n");
}

TEST_CASE("hook process: one that hangs is ended with all that it has started")
{
    pid_t child = 0;
    const Told told = run_program(
        {"/bin/sh", "-c",
         "trap '' TERM; (trap '' TERM; exec sleep 1000) & echo $!; wait; sleep 1000"},
        std::chrono::seconds(1), {}, {}, [&](const std::string& line) { child = std::stoi(line); });
    CHECK(told.end == "timed out");
    REQUIRE(child > 1);
    CHECK(ends_soon(child));
}

TEST_CASE("hook process: a stop request ends it")
{
    std::stop_source stop;
    const Told told = run_program({"/bin/sh", "-c", "echo ready; sleep 1000"}, ample, {}, stop,
                                  [&](const std::string&) { stop.request_stop(); });
    CHECK(told.end == "stopped");
    CHECK(told.said == "ready\n");
    CHECK(run_program({"/bin/echo"}, ample, {}, stop).end == "stopped");
}

TEST_CASE("hook process: what cannot be run")
{
    const auto folder = std::filesystem::temp_directory_path() /
                        fmt::format("vmrotate-hook-{}", std::random_device{}());
    std::filesystem::create_directory(folder);
    const auto plain = (folder / "plain").string();
    std::ofstream(plain) << "#!/bin/sh\n";
    const cli::HookProcesses hooks;
    CHECK(hooks.obstacle("/bin/sh") == "");
    CHECK(hooks.obstacle(folder / "gone") == "No such file or directory");
    CHECK(hooks.obstacle(folder) == "it is no file");
    CHECK(hooks.obstacle(plain) == "it cannot be executed: Permission denied");
    CHECK(run_program({plain}).end == "not started: Permission denied");
    CHECK(run_program({folder / "gone"}).end == "not started: No such file or directory");
    std::filesystem::remove_all(folder);
}
