// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstdint>
#include <string>

namespace vmrotate::job {

/// Who watches a backup while it goes on. Calls may come from any thread.
class Observer {
public:
    virtual ~Observer() = default;

    virtual void detail(const std::string&) {}         ///< for who wants to know it all
    virtual void step(const std::string& what) = 0;    ///< "taking the snapshot"
    virtual void source_uses(std::int64_t) {}          ///< bytes, snapshots included; 0: not told
    virtual void copying(int percent) = 0;             ///< 0 to 100
    virtual void remark(const std::string& text) = 0;  ///< worth knowing, nothing to do
    virtual void healed(const std::string& text) { remark(text); }  ///< done about a dead run
    virtual void warning(const std::string& text) = 0;              ///< somebody should look
};

}  // namespace vmrotate::job
