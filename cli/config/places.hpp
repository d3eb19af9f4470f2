// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "config/config.hpp"

/// The places of one VM: the first, where the snapshot is copied to, and those of `copies`, where
/// each new generation is copied to from there. Pure.
///
/// A further place is a set of its own. What its entry does not give is made of what the first
/// place has: the same folder and keep; the n-th further place (from 1) has the prefix "zz_"
/// with n in it, "zz1_", and the set "default-1". So places that share a folder differ in both.
namespace vmrotate::config {

/// The first entry of `copies` may name the first place once more, or stand for it: a mere name
/// that equals `datastore`, or that is given where `datastore` is not. It moves there.
void settle_copies(Policy& policy);

/// "zz_" -> "zz1_", "bak" -> "bak1".
std::string numbered_prefix(const std::string& prefix, std::size_t number);

/// An assignment for each place, the first one at the front; each further one has `first`, and
/// no `copies`. The policy must be settled.
std::vector<Assignment> places_of(const Assignment& assignment);

/// The same for many, in their order.
std::vector<Assignment> places_of(const std::vector<Assignment>& assignments);

/// Two places on one datastore, a sentence for each; none is the good answer.
std::vector<std::string> doubled_places(const Assignment& assignment);

/// Why what was made up for a further place cannot be: "the prefix 'zzzzzzzzzzzzzzzzzzz1_' of
/// the copies on 'NFS_mango' ..."; empty if it can.
std::vector<std::string> problems_of_places(const Assignment& assignment);

}  // namespace vmrotate::config
