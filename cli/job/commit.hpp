// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <functional>
#include <optional>

#include "base/error.hpp"
#include "job/copy.hpp"
#include "job/outcome.hpp"

namespace vmrotate::job {

/// The copy is not what was asked for: nobody needs it.
class UnfitCopy : public Error {
public:
    using Error::Error;
};

using ReadBack = std::function<std::optional<vimclient::Vm>()>;

/// Reads the copy, verifies it, makes it a generation by one ReconfigVM_Task, and reads that it
/// is one. Before that call the copy is nothing; after it, it is the newest generation.
///
/// One that somebody else has committed meanwhile, taking this run for dead, is the same
/// generation. Throws UnfitCopy; Error where it is not known to be a generation: then the copy
/// is left, for the next run to finish.
///
/// `read_back` is as for `change_surely`.
void commit(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen, const Copy& copy,
            Outcome& outcome, const ReadBack& read_back = {});

/// The same; a copy that is not fit is deleted under the guards before UnfitCopy goes on.
void commit_or_discard(vimclient::Vsphere& vsphere, const Run& run, const Survey& seen,
                       const Copy& copy, Outcome& outcome, const ReadBack& read_back = {});

}  // namespace vmrotate::job
