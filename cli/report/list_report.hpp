// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <ostream>
#include <string>

#include "base/clock.hpp"
#include "job/prepare.hpp"

/// The generations of one set.
namespace vmrotate::report {

struct Listing {
    std::string vm, set;
    int keep = 0;
    job::Located located;
    rotation::Set members;
};

/// A table, newest first: seq, slot, when it was taken (local time, with seconds), name, and
/// what is to be said of it.
void write_listing(std::ostream& out, const Clock& clock, const Listing& listing);

/// A line of type `generation` for each, `unfinished` and `stranger` likewise.
void write_listing_json(std::ostream& out, const Listing& listing);

}  // namespace vmrotate::report
