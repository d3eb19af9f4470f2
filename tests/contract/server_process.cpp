// SPDX-License-Identifier: GPL-3.0-or-later
#include "server_process.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <fstream>
#include <stdexcept>

#include <fmt/format.h>

namespace contract {

namespace {

std::filesystem::path make_folder()
{
    std::string name = (std::filesystem::temp_directory_path() / "vmrotate-test-XXXXXX").string();
    if (!mkdtemp(name.data()))
        throw std::runtime_error("cannot make a temporary folder");
    return name;
}

int connect_to(const std::string& base)
{
    const std::size_t colon = base.rfind(':');
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(std::stoi(base.substr(colon + 1))));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    void* const raw = &address;
    if (connect(descriptor, static_cast<sockaddr*>(raw), sizeof address) != 0)
        throw std::runtime_error("cannot connect to " + base);
    return descriptor;
}

}  // namespace

ServerProcess::ServerProcess(const std::string& variable, const nlohmann::json& configuration)
    : folder_(make_folder())
{
    const char* const program = std::getenv(variable.c_str());
    if (!program)
        throw std::runtime_error(variable + " is not set: it names the server's program");
    const std::filesystem::path file = folder_ / "config.json";
    std::ofstream(file) << configuration;
    spawn(program, configuration.is_null() ? "" : file.string());
    const std::string line = read_line();
    if (line.empty())
        throw std::runtime_error(std::string(program) + " did not become ready");
    ready_ = nlohmann::json::parse(line);
}

ServerProcess::~ServerProcess()
{
    close(input_);
    close(output_);
    if (process_ > 0)
        waitpid(process_, nullptr, 0);
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
}

void ServerProcess::spawn(const std::string& program, const std::string& argument)
{
    std::array<int, 2> in{}, out{};
    if (pipe2(in.data(), O_CLOEXEC) != 0 || pipe2(out.data(), O_CLOEXEC) != 0)
        throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    const std::string log = (folder_ / "server.log").string();
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log.c_str(), O_WRONLY | O_CREAT,
                                     0600);
    std::string path = program, word = argument, place = "TMPDIR=" + folder_.string();
    std::array<char*, 3> arguments{path.data(), word.empty() ? nullptr : word.data(), nullptr};
    std::array<char*, 2> environment{place.data(), nullptr};
    const int error = posix_spawn(&process_, path.c_str(), &actions, nullptr, arguments.data(),
                                  environment.data());
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    input_ = in[1];
    output_ = out[0];
    if (error != 0)
        throw std::runtime_error("cannot start " + program);
}

std::string ServerProcess::read_line() const
{
    std::string line;
    for (char c = 0; read(output_, &c, 1) == 1 && c != '\n';)
        line += c;
    return line;
}

nlohmann::json ask(const std::string& base, const std::string& path, const std::string& body)
{
    const int descriptor = connect_to(base);
    const std::string request = fmt::format(
        "{} {} HTTP/1.0\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}",
        body.empty() ? "GET" : "POST", path, body.size(), body);
    if (write(descriptor, request.data(), request.size()) < 0)
        throw std::runtime_error("cannot write to " + base);
    std::string answer;
    std::array<char, 65536> part{};
    for (ssize_t size = 0; (size = read(descriptor, part.data(), part.size())) > 0;)
        answer.append(part.data(), static_cast<std::size_t>(size));
    close(descriptor);
    const std::size_t end = answer.find("\r\n\r\n");
    if (end == std::string::npos || answer.substr(0, 15).find(" 200 ") == std::string::npos)
        throw std::runtime_error(fmt::format("{} {}: {}", path, body, answer));
    return nlohmann::json::parse(answer.substr(end + 4));
}

}  // namespace contract
