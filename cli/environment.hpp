// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <functional>
#include <istream>
#include <memory>
#include <ostream>
#include <stop_token>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "chain.hpp"
#include "connect.hpp"
#include "credential_store.hpp"
#include "job/run.hpp"
#include "report/live_lines.hpp"
#include "store_choice.hpp"
#include "vsphere.hpp"

namespace vmrotate::cli {

/// Of a password from wherever, in bytes.
inline constexpr std::size_t longest_password = 1024;

/// What a screen can do.
struct Screen {
    bool is_terminal = false;  ///< lines may be redrawn on it
    bool shows_out = false;    ///< it is a terminal, and standard output is one too
    std::function<report::ScreenSize()> size = [] { return report::ScreenSize(); };  ///< now
};

/// Where things are, unless an option says otherwise.
struct Paths {
    std::filesystem::path config;  ///< empty where there is no file in any usual place
    std::filesystem::path store, key_file;
    std::filesystem::path state;
};

/// How to reach a server, put together from options, configuration and store.
struct Connection {
    vimclient::Endpoint endpoint;
    vimclient::Trust trust;
    vimclient::Logon logon;
    vimclient::Patience patience;
    std::string user_agent;
};

/// A file with secrets in it that somebody else wrote.
struct SecretFile {
    credstore::Secret content;
    bool others_may_read = false;
};

/// Everything that a command may touch outside its own memory. `main` fills it with the
/// real things, tests with fakes.
struct Environment {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
    Screen screen;  ///< of `err`
    Paths paths;
    Clock clock;
    std::stop_token stop;
    std::function<int()> signal_exit_code;  ///< of a run that `stop` ended: 129, 130 or 143

    /// Whether `out` takes a line without waiting for its reader.
    std::function<bool()> out_is_ready = [] { return true; };

    /// Why a part of `out` could not be written, in words; empty where all was.
    std::function<std::string()> lost_output = [] { return std::string(); };

    std::function<std::string()> random_id;  ///< 128 bits, 32 hex digits

    /// Both throw Error (usage) where the CA file cannot be read, before anything is contacted.
    std::function<std::unique_ptr<vimclient::Vsphere>(const Connection&)> connect;
    std::function<vimclient::Certificate(const vimclient::Endpoint&, const std::string& ca_file)>
        certificate;

    /// Opens nothing yet. Throws Error (usage) where a sealed file is named and nobody told where.
    std::function<credstore::Chain(const credstore::StoreChoice& choice)> open_stores;

    /// Throws Error where the lock is held or cannot be had: see `job::Run::lock`.
    std::function<std::unique_ptr<job::SourceLock>(const std::filesystem::path& state,
                                                   const std::string& source_uuid)>
        lock;

    /// See `job::Run::free_lock`.
    std::function<std::string(const std::filesystem::path& state, const std::string& source_uuid)>
        free_lock;

    /// See `state/hints.hpp`. Null: there are none.
    std::function<std::unique_ptr<job::Hints>(const std::filesystem::path& state,
                                              const std::string& vcenter_uuid,
                                              std::function<void(const std::string&)> complain)>
        open_hints = {};

    /// Asks at the terminal, without an echo. Throws Error (usage) where there is none.
    std::function<credstore::Secret(const std::string& prompt)> ask_password;

    /// Reads one line from `in`, for --password-stdin; its end is no part of it.
    std::function<credstore::Secret()> read_password;

    /// See `secret_input.hpp`: --password-file, --password-command, and files to import.
    std::function<credstore::Secret(const std::filesystem::path& file)> read_password_file = {};
    std::function<credstore::Secret(const std::vector<std::string>& words)> run_password_command =
        {};
    std::function<SecretFile(const std::filesystem::path& file, std::size_t limit)>
        read_secret_file = {};

    /// Runs the hooks of the configuration. Null: a hook that is wished for fails.
    std::shared_ptr<job::HookRunner> hooks = nullptr;

    /// Asks guests whether they answer. Null: none is asked.
    std::shared_ptr<job::Prober> prober = nullptr;

    /// Whether there is a terminal at which somebody could be asked.
    std::function<bool()> has_terminal;

    /// Yes only if a person says so at the terminal.
    std::function<bool(const std::string& question)> confirm;
};

}  // namespace vmrotate::cli
