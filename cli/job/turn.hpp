// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <memory>

#include "job/gate.hpp"
#include "job/prepare.hpp"

/// Whose turn it is.
namespace vmrotate::job {

/// Throws Skip where a generation of the set was taken at `Run::fresh_since` or later. One that
/// was set aside does not count.
void refuse_fresh(const Run& run, const rotation::Set& set, rotation::Time server_time);

/// What the copy puts a load on.
CopyPlace place_of(const Prepared& prepared);

/// Waits for the right to copy. After a long wait all is read and planned anew. Null without a
/// gate. Throws what `Gate::copy`, `survey` and `prepare` throw.
std::unique_ptr<Gate::Pass> take_turn(vimclient::Vsphere& vsphere, const Run& run,
                                      Prepared& prepared);

/// The same for a copy that is made of the generation in the first place, whose datastore it
/// reads. After a long wait it is `plan` that reads and plans anew, and that may throw.
std::unique_ptr<Gate::Pass> take_turn_beside(const Run& run, const Prepared& first,
                                             Prepared& prepared,
                                             const std::function<Prepared()>& plan);

}  // namespace vmrotate::job
