// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

namespace contract {

/// A server that prints one JSON line when it is ready and ends when its stdin does: so it
/// dies with us. It has a temporary folder of its own.
class ServerProcess {
public:
    /// `variable` names the environment variable that holds the program's path. Throws
    /// std::runtime_error where it is unset or the server does not become ready.
    ServerProcess(const std::string& variable, const nlohmann::json& configuration);
    ~ServerProcess();
    ServerProcess(const ServerProcess&) = delete;
    ServerProcess& operator=(const ServerProcess&) = delete;

    const nlohmann::json& ready() const { return ready_; }
    const std::filesystem::path& folder() const { return folder_; }

private:
    void spawn(const std::string& program, const std::string& argument);
    std::string read_line() const;

    std::filesystem::path folder_;
    nlohmann::json ready_;
    pid_t process_ = -1;
    int input_ = -1, output_ = -1;
};

/// One HTTP request to a control port, "http://127.0.0.1:4711"; an empty body is a GET.
/// Throws std::runtime_error for any status but 200.
nlohmann::json ask(const std::string& base, const std::string& path, const std::string& body);

}  // namespace contract
