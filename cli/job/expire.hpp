// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "job/outcome.hpp"
#include "job/prepare.hpp"
#include "job/together.hpp"

namespace vmrotate::job {

/// What is to go of one set, and what vouches for it.
struct Due {
    rotation::SetId id;
    std::vector<rotation::Decision> decisions;  ///< newest first
    std::string unread;                         ///< a VM of the set that could not be read
    std::string newest_id;  ///< the generation that this very run committed or verified
    int brake = 2;          ///< at most so many in one run, all in `Expiry::expired` counted
};

/// Deletes what was decided, the oldest first: reads each one again, asks every guard,
/// destroys it by its id, reads that it is gone.
///
/// Never throws. A planned expiry that a pin, a use, min_age or the brake holds back is a
/// warning; one that failed or that another guard refused is left undone, and so is all of it
/// while a VM cannot be read, due or not. `just_read` is a reading made just before, if there
/// is one: the first deletion is decided upon it.
void expire(vimclient::Vsphere& vsphere, const Run& run, const Due& due, Expiry& outcome,
            std::optional<SetFacts> just_read = {});

/// The same for the plan of a backup, once its new generation is committed.
void expire(vimclient::Vsphere& vsphere, const Run& run, const Prepared& prepared, Outcome& outcome,
            std::optional<SetFacts> just_read = {});

}  // namespace vmrotate::job
