// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include "connect.hpp"
#include "server_process.hpp"

namespace contract {

/// A running server, and how to log in to it.
class ServerUnderTest {
public:
    /// The strict test vCenter.
    static ServerUnderTest strict(const nlohmann::json& configuration = nlohmann::json::object());

    /// VMware's simulator as it is.
    static ServerUnderTest upstream();

    vimclient::Endpoint endpoint() const;
    const vimclient::Trust& trust() const { return trust_; }
    std::filesystem::path folder() const { return process_->folder(); }
    bool is_strict() const { return ready().contains("control"); }

    /// Quick patience: the tests have none.
    static vimclient::Patience patience();

    std::unique_ptr<vimclient::Vsphere> login() const { return login(patience()); }
    std::unique_ptr<vimclient::Vsphere> login(const vimclient::Patience& patience,
                                              std::stop_token stop = {}) const;

    /// POST /do. Strict only, as is what follows.
    nlohmann::json order(const nlohmann::json& action) const;

    /// The methods called since `start` (0: all), in order.
    std::vector<std::string> calls(std::size_t start = 0) const;
    std::size_t count(const std::string& method) const;
    nlohmann::json rules() const { return ask(ready().at("control"), "/rules", "").at("rules"); }
    nlohmann::json state() const { return ask(ready().at("control"), "/state", ""); }
    std::string log_text() const;

private:
    ServerUnderTest(const std::string& variable, const nlohmann::json& configuration);
    const nlohmann::json& ready() const { return process_->ready(); }

    std::unique_ptr<ServerProcess> process_;
    std::string user_ = "user", password_ = "pass";
    vimclient::Trust trust_;
};

/// What a clone needs to know, found by looking.
struct Scene {
    vimclient::VmRef source;
    vimclient::Place place;
    vimclient::Folder folder;
    vimclient::Datastore datastore;
};

/// The named VM, the folder "backup/nightly" (made) and a datastore that its host can write.
Scene set_scene(vimclient::Vsphere& vsphere, const std::string& vm_name);

/// A wish for a clone of all disks of `snapshot`.
vimclient::CloneSpec clone_wish(vimclient::Vsphere& vsphere, const Scene& scene,
                                const vimclient::SnapshotRef& snapshot, const std::string& name);

}  // namespace contract
