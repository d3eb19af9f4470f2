// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "base/error.hpp"
#include "config/config.hpp"

/// Who is backed up, and how: the layers of the configuration laid upon each other.
///
/// Pure. Both functions throw Error(usage) with all that is wrong, a line for each, a VM
/// without a datastore included.
namespace vmrotate::config {

/// Every VM of every job, in order of the jobs' names. A VM in two jobs is there twice.
/// `options` is what the command line says.
std::vector<Assignment> assignments(const Config& config, const Layer& options);

/// What the user asked for, nothing twice:
///  - `vms`: a job's name means all of its VMs, another word a VM with the settings of the one job
///    that it is in, else of [defaults]; a VM that is in several jobs is refused, and so is a word
///    that is a job's name and a VM's;
///  - all VMs of `jobs`;
///  - both: these VMs as they stand in these jobs, whatever jobs bear their names;
///  - neither: all jobs; refused if there are none.
std::vector<Assignment> select(const Config& config, const std::vector<std::string>& vms,
                               const std::vector<std::string>& jobs, const Layer& options);

/// Finds what is wrong before it is known which VMs the jobs mean. Throws as `select` does.
void check_words(const Config& config, const std::vector<std::string>& vms,
                 const std::vector<std::string>& jobs, const Layer& options);

/// One assignment for each policy that may come to be in force for whatever VM; of use for nothing
/// else.
std::vector<Assignment> possible(const Config& config, const Layer& options);

/// Of a word that is the name of a job and of a VM.
Error ambiguous_word(const std::string& word);

}  // namespace vmrotate::config
