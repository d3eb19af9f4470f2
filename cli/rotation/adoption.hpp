// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <vector>

#include "rotation/set.hpp"

/// The numbers that VMs get when they join a set that may have generations already.
///
/// `seq` orders everything, so a VM that joins below others has to get a lower number than
/// they have, and no number is ever given twice. Pure: the caller writes the steps, one VM
/// after the other, and may be killed between any two of them.
namespace vmrotate::rotation {

/// A VM that is to join.
struct Newcomer {
    std::string id, name;
    Time taken{};
    long seq = 0;  ///< the number that it had in another set; 0: none

    bool operator==(const Newcomer&) const = default;
};

/// One VM gets its number.
struct Numbering {
    std::string id, name;
    long seq = 0;
    bool joins = false;  ///< a newcomer; else a generation of the set that has to move up
    std::string reason;  ///< "joins as the newest", "moves up: 'zz_a-01-...' joins below it"

    bool operator==(const Numbering&) const = default;
};

/// In the order in which they are to be written, the newest first: newcomers are sorted in by
/// the time at which they were taken; among themselves by their former numbers, if they have
/// any. The order of the set's own generations is never changed.
///
/// After every step the numbers of all members, those that have joined so far included, stand
/// in the right order. A generation above which nothing has to stand keeps its number, and so
/// does a newcomer whose former number fits: a set that is empty, or older than all newcomers,
/// is not touched.
std::vector<Numbering> number(const Set& set, std::vector<Newcomer> newcomers);

/// Whether the highest of these numbers can be written.
bool fits(const std::vector<Numbering>& steps);

}  // namespace vmrotate::rotation
