// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <stop_token>
#include <string>

#include "job/hooks.hpp"

/// Runs no programs: records what was to run, and ends as it is told.
class RecordedHooks final : public vmrotate::job::HookRunner {
public:
    std::string calls;  ///< "before_snapshot avocado2 snapshot\n": point, VM, phase
    std::map<std::string, vmrotate::job::HookEnd> ends;       ///< by point; else it ends well
    std::map<std::string, std::string> facts;                 ///< those of the last call
    std::map<std::string, std::function<void()>> happenings;  ///< by point, while the hook runs
    std::chrono::seconds limit{0};                            ///< of the last call

    std::string obstacle(const std::string& program) const override
    {
        return program.starts_with("/gone/") ? "No such file or directory" : "";
    }

    vmrotate::job::HookEnd run(const vmrotate::job::HookCall& call, std::stop_token stop) override
    {
        const std::lock_guard lock(mutex_);
        facts.clear();
        for (const auto& [name, value] : call.facts)
            facts[name] = text_of(value);
        limit = call.limit;
        const std::string point = facts.at("hook");
        calls += point + " " + fact("vm") + " " + fact("phase") + "\n";
        if (happenings.contains(point))
            happenings.at(point)();
        if (stop.stop_requested())
            return {vmrotate::job::HookEnd::Kind::stopped, 0, {}};
        call.say("says " + call.command.back());
        return ends.contains(point) ? ends.at(point) : vmrotate::job::HookEnd{};
    }

    /// All of the last call, a line each.
    std::string all_facts() const
    {
        std::string lines;
        for (const auto& [name, value] : facts)
            lines += name + "=" + value + "\n";
        return lines;
    }

private:
    std::string fact(const std::string& name) const
    {
        const auto found = facts.find(name);
        return found == facts.end() ? "" : found->second;
    }

    static std::string text_of(const std::variant<std::string, std::vector<std::string>>& value)
    {
        if (const auto* text = std::get_if<std::string>(&value))
            return *text;
        std::string all;
        for (const std::string& each : std::get<std::vector<std::string>>(value))
            all += (all.empty() ? "" : ",") + each;
        return all;
    }

    std::mutex mutex_;
};
