// SPDX-License-Identifier: GPL-3.0-or-later
#include "state/hints.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <map>
#include <mutex>
#include <optional>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "state/file_name.hpp"

namespace vmrotate::state {
namespace {

using nlohmann::json;

constexpr std::size_t longest_file = 64U << 20U;

std::string read_file(const std::filesystem::path& path)
{
    const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (file < 0)
        return {};
    struct stat status {};
    std::string text;
    if (::fstat(file, &status) == 0 && S_ISREG(status.st_mode) &&
        static_cast<std::size_t>(status.st_size) <= longest_file) {
        text.resize(static_cast<std::size_t>(status.st_size));
        if (::read(file, text.data(), text.size()) != status.st_size)
            text.clear();
    }
    ::close(file);
    return text;
}

/// 0, or an errno.
int write_file(const std::filesystem::path& path, const std::string& text)
{
    const std::string other = fmt::format("{}.new-{:x}", path.string(), ::getpid());
    ::unlink(other.c_str());
    const int file =
        ::open(other.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (file < 0)
        return errno;
    const auto written = ::write(file, text.data(), text.size());
    int problem = written < 0 ? errno : 0;
    if (problem == 0 && static_cast<std::size_t>(written) != text.size())
        problem = ENOSPC;
    if (::close(file) != 0 && problem == 0)
        problem = errno;
    if (problem == 0 && ::rename(other.c_str(), path.c_str()) != 0)
        problem = errno;
    if (problem != 0)
        ::unlink(other.c_str());
    return problem;
}

class HintFile final : public job::Hints {
public:
    HintFile(std::filesystem::path path, std::function<void(const std::string&)> complain)
        : path_(std::move(path)), complain_(std::move(complain))
    {
        try {
            take(json::parse(read_file(path_)));
        } catch (const std::exception&) {  // it is written anew
            hints_.clear();
        }
    }

    ~HintFile() override
    {
        try {
            if (is_changed_)
                save();
        } catch (const std::exception& e) {
            complain(e.what());
        }
    }

    HintFile(const HintFile&) = delete;
    HintFile& operator=(const HintFile&) = delete;

    std::optional<job::Hint> find(const std::string& name) const override
    {
        const std::lock_guard lock(mutex_);
        const auto found = hints_.find(name);
        return found == hints_.end() ? std::nullopt : std::optional(found->second);
    }

    void keep(const std::string& name, const job::Hint& hint) override
    {
        const std::lock_guard lock(mutex_);
        auto& known = hints_[name];
        is_changed_ = is_changed_ || known != hint;
        known = hint;
    }

private:
    void take(const json& content)
    {
        if (content.at("format") != 1)
            return;
        for (const auto& [name, vm] : content.at("vms").items())
            hints_[name] = {vm.at("vm"), vm.at("uuid"), vm.at("folder"), vm.at("hosts")};
    }

    void save() const
    {
        json vms = json::object();
        for (const auto& [name, hint] : hints_)
            vms[name] = {{"vm", hint.vm_id},
                         {"uuid", hint.instance_uuid},
                         {"folder", hint.folder_id},
                         {"hosts", hint.host_ids}};
        std::filesystem::create_directories(path_.parent_path());
        const json content = {{"format", 1}, {"vms", std::move(vms)}};
        if (const int problem = write_file(path_, content.dump() + "\n"))
            complain(std::generic_category().message(problem));
    }

    void complain(const std::string& why) const
    {
        complain_(fmt::format("cannot write the hints '{}': {}", path_.string(), why));
    }

    std::filesystem::path path_;
    std::function<void(const std::string&)> complain_;
    mutable std::mutex mutex_;
    std::map<std::string, job::Hint> hints_;
    bool is_changed_ = false;
};

}  // namespace

std::unique_ptr<job::Hints> open_hints(const std::filesystem::path& state,
                                       const std::string& vcenter_uuid,
                                       std::function<void(const std::string&)> complain)
{
    return std::make_unique<HintFile>(
        state / fmt::format("hints-{}.json", file_name_of(vcenter_uuid)), std::move(complain));
}

}  // namespace vmrotate::state
