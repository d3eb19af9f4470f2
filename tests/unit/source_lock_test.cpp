// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/source_lock.hpp"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include <doctest/doctest.h>

#include "base/error.hpp"

using namespace vmrotate;
namespace fs = std::filesystem;

namespace {

const std::string uuid = "5012aabb-0000-4000-8000-000000000001";

struct Scratch {
    Scratch()
    {
        std::string name = (fs::temp_directory_path() / "source_lock_XXXXXX").string();
        REQUIRE(::mkdtemp(name.data()) != nullptr);
        folder = name;
    }
    ~Scratch() { fs::remove_all(folder); }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;

    fs::path folder;
};

std::string fixed_id()
{
    return "0123456789abcdef0123456789abcdef";
}

std::string other_id()
{
    return "fedcba9876543210fedcba9876543210";
}

/// The kind of the Error, or 0.
int kind_of_locking(const fs::path& state)
{
    try {
        state::lock_source(state, uuid, fixed_id);
    } catch (const Error& e) {
        return static_cast<int>(e.kind());
    }
    return 0;
}

/// The same in another process.
int kind_of_locking_elsewhere(const fs::path& state)
{
    const pid_t child = ::fork();
    if (child == 0)
        ::_exit(kind_of_locking(state));
    int status = 0;
    ::waitpid(child, &status, 0);
    return WEXITSTATUS(status);
}

}  // namespace

TEST_CASE("source lock: keeps its id for good")
{
    const Scratch scratch;
    CHECK(state::lock_source(scratch.folder, uuid, fixed_id)->id() == fixed_id());
    CHECK(state::lock_source(scratch.folder, uuid, other_id)->id() == fixed_id());
    fs::remove_all(scratch.folder / "locks");
    CHECK(state::lock_source(scratch.folder, uuid, other_id)->id() == other_id());
}

TEST_CASE("source lock: a second process is told that one is busy, until the first has ended")
{
    const Scratch scratch;
    {
        const auto held = state::lock_source(scratch.folder, uuid, fixed_id);
        CHECK(kind_of_locking_elsewhere(scratch.folder) == 11);
    }
    CHECK(kind_of_locking_elsewhere(scratch.folder) == 0);
}

TEST_CASE("source lock: two sources do not wait for each other")
{
    const Scratch scratch;
    const auto first = state::lock_source(scratch.folder, "a", fixed_id);
    const auto second = state::lock_source(scratch.folder, "b", other_id);
    CHECK(first->id() != second->id());
}

TEST_CASE("source lock: a damaged file gets a new id")
{
    const Scratch scratch;
    fs::create_directories(scratch.folder / "locks");
    for (const char* content : {"", "0123", "0123456789ABCDEF0123456789abcdef 7\n", "\n\n"}) {
        std::ofstream(scratch.folder / "locks" / (uuid + ".lock")) << content;
        CHECK(state::lock_source(scratch.folder, uuid, other_id)->id() == other_id());
    }
}

TEST_CASE("source lock: where none can be written, the run fails")
{
    const Scratch scratch;
    std::ofstream(scratch.folder / "state") << "a file where a folder should be";
    CHECK(kind_of_locking(scratch.folder / "state") == 1);
}

TEST_CASE("source lock: nothing in an id leads out of the folder")
{
    const Scratch scratch;
    const auto lock = state::lock_source(scratch.folder, "../../x/%", fixed_id);
    CHECK(fs::exists(scratch.folder / "locks" / "_2e_2e_2f_2e_2e_2fx_2f_25.lock"));
    struct stat facts {};
    ::stat((scratch.folder / "locks" / "_2e_2e_2f_2e_2e_2fx_2f_25.lock").c_str(), &facts);
    CHECK((facts.st_mode & 0777) == 0600);
}
