// SPDX-License-Identifier: GPL-3.0-or-later
#include <pwd.h>
#include <sys/ioctl.h>
#include <sys/random.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <condition_variable>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <mutex>
#include <system_error>
#include <thread>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"
#include "guest_prober.hpp"
#include "hook_process.hpp"
#include "process.hpp"
#include "sealed_file.hpp"
#include "secret_input.hpp"
#include "secret_service.hpp"
#include "state/hints.hpp"
#include "state/source_lock.hpp"
#include "systemd_credentials.hpp"
#include "terminal.hpp"

namespace vmrotate::cli {
namespace {

namespace fs = std::filesystem;

std::string environment_variable(const char* name)
{
    const char* value = std::getenv(name);
    return value == nullptr ? std::string() : std::string(value);
}

/// $HOME, else what the system knows of the account; empty where neither is an absolute path.
fs::path home()
{
    const fs::path own = environment_variable("HOME");
    if (own.is_absolute())
        return own;
    const passwd* account = ::getpwuid(::geteuid());
    const fs::path known = account == nullptr ? "" : account->pw_dir;
    return known.is_absolute() ? known : fs::path();
}

/// $XDG_<kind>_HOME/vmrotate, or its default below the home folder; empty without either.
fs::path user_folder(const char* variable, const char* below_home)
{
    const fs::path base = environment_variable(variable);
    if (base.is_absolute())
        return base / "vmrotate";
    const fs::path folder = home();
    return folder.empty() ? folder : folder / below_home / "vmrotate";
}

fs::path state_folder(bool is_root)
{
    const std::string given = environment_variable("STATE_DIRECTORY");  // systemd's StateDirectory=
    if (!given.empty())
        return given.substr(0, given.find(':'));  // it may hold several
    return is_root ? fs::path("/var/lib/vmrotate") : user_folder("XDG_STATE_HOME", ".local/state");
}

/// Throws Error (usage) where nobody told where a thing is.
const fs::path& known(const fs::path& path, const char* what, const char* remedy)
{
    if (path.empty())
        throw Error(ErrorKind::usage,
                    fmt::format("cannot tell where {}: this account has no home folder", what),
                    fmt::format("set HOME, or {}", remedy));
    return path;
}

/// One that cannot be looked at counts: what it says must not be replaced by defaults in silence.
fs::path first_existing(const std::vector<fs::path>& candidates)
{
    for (const fs::path& path : candidates) {
        std::error_code error;
        if (fs::exists(path, error) || error)
            return path;
    }
    return {};
}

Paths usual_paths()
{
    const bool is_root = ::geteuid() == 0;
    const fs::path system = "/etc/vmrotate";
    const fs::path own = user_folder("XDG_CONFIG_HOME", ".config");
    Paths paths;
    paths.config = environment_variable("VMROTATE_CONFIG");
    if (paths.config.empty())
        paths.config = first_existing(
            own.empty() ? std::vector{system / "vmrotate.toml"}
                        : std::vector{own / "vmrotate.toml", system / "vmrotate.toml"});
    if (is_root || !own.empty()) {
        paths.store = (is_root ? system : own) / "credentials";
        paths.key_file = paths.store.string() + ".key";
    }
    paths.state = state_folder(is_root);
    return paths;
}

std::tm local(std::chrono::sys_seconds time)
{
    const std::time_t seconds = time.time_since_epoch().count();
    std::tm parts{};
    localtime_r(&seconds, &parts);
    return parts;
}

Clock real_clock(const std::stop_token& stop)
{
    using namespace std::chrono;
    return {
        .now = [] { return floor<seconds>(system_clock::now()); },
        .steady = [] { return floor<milliseconds>(steady_clock::now().time_since_epoch()); },
        .pause =
            [stop](milliseconds time) {
                std::mutex mutex;
                std::condition_variable_any alarm;
                std::unique_lock lock(mutex);
                alarm.wait_for(lock, stop, time, [] { return false; });
            },
        .rest = [](milliseconds time) { std::this_thread::sleep_for(time); },
        .stamp = [](sys_seconds time) { return fmt::format("{:%Y%m%d%H%M}", local(time)); },
        .moment = [](const std::string& stamp) { return moment_of_stamp(stamp); },
        .local_text = [](sys_seconds time) { return local_text(time); },
    };
}

std::string random_id()
{
    std::array<unsigned char, 16> bytes{};
    if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
        throw std::system_error(errno, std::generic_category(), "cannot get random bytes");
    std::string text;
    for (const unsigned char byte : bytes)
        text += fmt::format("{:02x}", byte);
    return text;
}

/// As it is now; a terminal that does not know is taken for one of the usual size.
report::ScreenSize size_of_stderr()
{
    winsize size{};
    if (::ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0)
        return {};
    return {.columns = size.ws_col, .rows = size.ws_row};
}

Screen screen_of_stderr()
{
    const std::string kind = environment_variable("TERM");
    Screen screen;
    screen.is_terminal = ::isatty(STDERR_FILENO) == 1 && !kind.empty() && kind != "dumb";
    screen.shows_out = screen.is_terminal && ::isatty(STDOUT_FILENO) == 1;
    screen.size = size_of_stderr;
    return screen;
}

/// Throws Error (usage): a mistyped name is no doubt about the server.
const std::string& readable_ca(const std::string& file)
{
    errno = 0;
    if (!file.empty() && std::ifstream(file).peek() == std::ifstream::traits_type::eof())
        throw Error(
            ErrorKind::usage,
            fmt::format("cannot read the CA file '{}': {}", file,
                        errno == 0 ? "it is empty" : std::generic_category().message(errno)),
            "look at --ca-file, or at ca_file under [vcenter]");
    return file;
}

std::unique_ptr<credstore::CredentialStore> sealed_file(const credstore::StoreChoice& choice,
                                                        const std::stop_token& stop)
{
    credstore::KeySources keys{choice.key_file, environment_variable("CREDENTIALS_DIRECTORY")};
    if (has_terminal())
        keys.ask_passphrase = [stop](const std::string& prompt) {
            return ask_password(prompt, stop);
        };
    return std::make_unique<credstore::SealedFile>(choice.file, std::move(keys));
}

credstore::Chain open_stores(const credstore::StoreChoice& choice, const std::stop_token& stop)
{
    using namespace credstore;
    const auto systemd = [] {
        return std::make_unique<SystemdCredentials>(environment_variable("CREDENTIALS_DIRECTORY"));
    };
    switch (choice.kind) {
        case StoreKind::systemd: return Chain(systemd());
        case StoreKind::secret_service: return Chain(std::make_unique<SecretService>());
        case StoreKind::sealed_file: return Chain(sealed_file(choice, stop));
        case StoreKind::usual: break;
    }
    std::vector<std::unique_ptr<CredentialStore>> places;
    places.push_back(systemd());
    if (environment_variable("CREDENTIALS_DIRECTORY").empty())
        known(choice.file, "the credentials are", "give --store");
    if (!choice.file.empty()) {  // else nobody is at home here, and no keyring either
        places.push_back(sealed_file(choice, stop));
        places.push_back(std::make_unique<SecretService>());
    }
    return Chain(std::move(places));
}

/// Those that are files and programs.
void add_secret_sources(Environment& environment, const std::stop_token& stop)
{
    environment.read_password_file = [stop](const fs::path& file) {
        return read_password_file(file, stop);
    };
    environment.run_password_command = [stop](const std::vector<std::string>& words) {
        return run_password_command(words, stop);
    };
    environment.read_secret_file = [stop](const fs::path& file, std::size_t limit) {
        return read_secret_file(file, limit, stop);
    };
}

}  // namespace

Environment real_environment(const Signals& signals, Streams& streams)
{
    const std::stop_token stop = signals.token();
    Environment environment{
        .in = std::cin,
        .out = streams.out,
        .err = streams.err,
        .screen = screen_of_stderr(),
        .paths = usual_paths(),
        .clock = real_clock(stop),
        .stop = stop,
        .signal_exit_code = [&signals] { return signals.exit_code(); },
        .out_is_ready = [&streams] { return streams.out.is_ready(); },
        .lost_output = [&streams] { return streams.out.problem(); },
        .random_id = random_id,
        .connect =
            [stop](const Connection& c) {
                readable_ca(c.trust.ca_file);
                return vimclient::connect(c.endpoint, c.trust, c.logon, c.patience, c.user_agent,
                                          stop);
            },
        .certificate =
            [](const vimclient::Endpoint& endpoint, const std::string& ca_file) {
                return vimclient::peer_certificate(endpoint, readable_ca(ca_file),
                                                   std::chrono::seconds(10));
            },
        .open_stores =
            [stop](const credstore::StoreChoice& choice) { return open_stores(choice, stop); },
        .lock =
            [](const fs::path& state, const std::string& source_uuid) {
                return state::lock_source(
                    known(state, "the lock files belong", "set STATE_DIRECTORY"), source_uuid,
                    random_id);
            },
        .free_lock = state::id_if_free,
        .open_hints = state::open_hints,
        .ask_password = [stop](const std::string& prompt) { return ask_password(prompt, stop); },
        .read_password = [stop] { return read_password_from_stdin(stop); },
        .has_terminal = has_terminal,
        .confirm = [stop](const std::string& question) { return confirm(question, stop); },
    };
    add_secret_sources(environment, stop);
    environment.hooks = std::make_shared<HookProcesses>();
    environment.prober = std::make_shared<GuestProber>();
    return environment;
}

}  // namespace vmrotate::cli
