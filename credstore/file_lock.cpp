// SPDX-License-Identifier: GPL-3.0-or-later
#include "file_lock.hpp"

#include <thread>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>

#include "credential_store.hpp"

namespace credstore {

FileLock::FileLock(const std::filesystem::path& file, std::chrono::milliseconds patience)
{
    using namespace std::chrono_literals;
    constexpr int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK;
    constexpr auto pause = 20ms;

    open_file_ = Descriptor(retry([&] { return ::open(file.c_str(), flags, 0600); }));
    if (!open_file_)
        fail("lock", file);

    for (auto waited = 0ms;; waited += pause) {
        if (retry([&] { return ::flock(open_file_.get(), LOCK_EX | LOCK_NB); }) == 0)
            return;
        if (errno != EWOULDBLOCK)
            fail("lock", file);
        if (waited >= patience)
            throw StoreError(fmt::format("cannot lock '{}': another process holds it, for {} s now",
                                         file.string(), patience.count() / 1000),
                             fmt::format("find it with: fuser -v '{}'", file.string()));
        std::this_thread::sleep_for(pause);
    }
}

}  // namespace credstore
