// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>

#include "server_under_test.hpp"

namespace contract {

/// A strict server, a client, and a VM with a snapshot that is to be copied.
struct Bench {
    explicit Bench(const nlohmann::json& configuration = nlohmann::json::object(),
                   const vimclient::Patience& patience = ServerUnderTest::patience(),
                   std::stop_token stop = {});

    vimclient::VmRef clone(const vimclient::Progress& progress = {},
                           const std::stop_token& stop = {}) const
    {
        return vsphere->clone(scene.source, snapshot, wish, progress, stop);
    }

    /// The copies in the folder.
    std::vector<vimclient::Vm> copies() const { return vsphere->vms_in(scene.folder.id); }

    nlohmann::json rule(const std::string& method, const std::string& action,
                        nlohmann::json more = nlohmann::json::object()) const;

    /// How often the rules have acted.
    int hits() const;

    ServerUnderTest server;
    std::unique_ptr<vimclient::Vsphere> vsphere;
    Scene scene;
    vimclient::SnapshotRef snapshot;
    vimclient::CloneSpec wish;
};

/// Does `action` after a while, beside what the test does.
inline std::jthread later(std::chrono::milliseconds delay, std::function<void()> action)
{
    return std::jthread([delay, action = std::move(action)] {
        std::this_thread::sleep_for(delay);
        action();
    });
}

}  // namespace contract
