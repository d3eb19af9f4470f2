// SPDX-License-Identifier: GPL-3.0-or-later
#include "hook_process.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <string_view>
#include <system_error>

#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include "base/text.hpp"
#include "child_process.hpp"
#include "descriptor.hpp"

namespace vmrotate::cli {
namespace {

using credstore::Descriptor;
using Steady = std::chrono::steady_clock;
using Texts = std::vector<std::string>;

constexpr std::size_t most_lines = 200, longest_line = 500;
constexpr int glance = 50;  // milliseconds until the stop request and the child are looked at

/// Says what comes line by line, up to the limits.
class Lines {
public:
    explicit Lines(const std::function<void(const std::string&)>& say) : say_(say) {}

    void take(std::string_view text)
    {
        for (const char c : text) {
            if (c == '\n')
                end_line();
            else if (line_.size() < longest_line * 4)  // bytes of a character
                line_ += c;
        }
    }

    void finish()
    {
        if (!line_.empty())
            end_line();
        if (count_ > most_lines)
            say_(fmt::format("{} more lines are left out", count_ - most_lines));
    }

private:
    void end_line()
    {
        if (++count_ <= most_lines && say_)
            say_(printable(line_, longest_line));
        line_.clear();
    }

    const std::function<void(const std::string&)>& say_;
    std::string line_;
    std::size_t count_ = 0;
};

/// A file in memory, at its beginning: no pipe that could be full or broken.
Descriptor file_of(std::string_view content)
{
    Descriptor file(::memfd_create("vmrotate-hook", MFD_CLOEXEC));
    if (!file)
        throw std::system_error(errno, std::generic_category(), "its input cannot be made");
    while (!content.empty()) {
        const auto written =
            credstore::retry([&] { return ::write(file.get(), content.data(), content.size()); });
        if (written < 0)
            throw std::system_error(errno, std::generic_category(), "its input cannot be made");
        content.remove_prefix(static_cast<std::size_t>(written));
    }
    ::lseek(file.get(), 0, SEEK_SET);
    return file;
}

/// Reads what is there now, without waiting. False at the end of the file.
bool read_some(int file, Lines& lines)
{
    std::array<char, 4096> buffer{};
    const auto got = credstore::retry([&] { return ::read(file, buffer.data(), buffer.size()); });
    if (got > 0)
        lines.take({buffer.data(), static_cast<std::size_t>(got)});
    return got > 0 || (got < 0 && errno == EAGAIN);
}

/// Waits a moment for something to read, and reads it.
void listen(int file, bool& is_open, Lines& lines)
{
    pollfd waiting{is_open ? file : -1, POLLIN, 0};
    if (::poll(&waiting, 1, glance) > 0)
        is_open = read_some(file, lines);
}

/// What it wrote before it ended; what it has left behind may go on writing, and is not heard.
void read_rest(int file, Lines& lines)
{
    constexpr int enough = 256;  // reads: more than a pipe holds
    pollfd waiting{file, POLLIN, 0};
    for (int i = 0; i<enough&& ::poll(&waiting, 1, 0)> 0 && read_some(file, lines); ++i) {
    }
}

job::HookEnd watch(ChildProcess& child, const job::HookCall& call, const std::stop_token& stop)
{
    using Kind = job::HookEnd::Kind;
    const auto end = Steady::now() + call.limit;
    Lines lines(call.say);
    job::HookEnd result;
    bool is_open = true;
    ::fcntl(child.output(), F_SETFL, O_NONBLOCK);
    while (!child.has_ended()) {
        listen(child.output(), is_open, lines);
        if (stop.stop_requested())
            result.kind = Kind::stopped;
        else if (Steady::now() >= end)
            result.kind = Kind::timed_out;
        if (result.kind != Kind::exited)
            break;
    }
    if (is_open)
        read_rest(child.output(), lines);
    lines.finish();
    if (result.kind != Kind::exited)
        return result;
    if (child.signal() != 0)
        return {Kind::killed, child.signal(), {}};
    return {Kind::exited, child.exit_code(), {}};
}

}  // namespace

std::string hook_input(const job::HookCall& call)
{
    nlohmann::ordered_json object = {{"schema", 1}};
    for (const auto& [name, value] : call.facts)
        std::visit([&, &key = name](const auto& content) { object[key] = content; }, value);
    return object.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

std::vector<std::string> hook_variables(const job::HookCall& call)
{
    Texts variables;
    for (const auto& [name, value] : call.facts) {
        std::string text = "VMROTATE_" + name + "=";
        std::ranges::transform(text, text.begin(), [](char c) {
            return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        });
        if (const auto* texts = std::get_if<Texts>(&value))
            text += fmt::format("{}", fmt::join(*texts, "\n"));
        else
            text += std::get<std::string>(value);
        std::erase(text, '\0');
        variables.push_back(std::move(text));
    }
    return variables;
}

std::string HookProcesses::obstacle(const std::string& program) const
{
    struct stat facts {};
    if (::stat(program.c_str(), &facts) != 0)
        return std::generic_category().message(errno);
    if (!S_ISREG(facts.st_mode))
        return "it is no file";
    if (::access(program.c_str(), X_OK) != 0)
        return "it cannot be executed: " + std::generic_category().message(errno);
    return {};
}

job::HookEnd HookProcesses::run(const job::HookCall& call, std::stop_token stop)
{
    using Kind = job::HookEnd::Kind;
    if (stop.stop_requested())
        return {Kind::stopped, 0, {}};
    try {
        const Descriptor input = file_of(hook_input(call));
        ChildProcess child({.words = call.command,
                            .input = input.get(),
                            .with_errors = true,
                            .leads_group = true,
                            .variables = hook_variables(call)});
        return watch(child, call, stop);
    } catch (const std::system_error& e) {
        return {Kind::not_started, 0, e.code().message()};
    }
}

}  // namespace vmrotate::cli
