// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/list_report.hpp"

#include <fmt/ostream.h>

#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::report {
namespace {

const char* word(rotation::Condition condition)
{
    switch (condition) {
        case rotation::Condition::good: return "good";
        case rotation::Condition::pinned: return "pinned";
        case rotation::Condition::in_use: return "in use";
        case rotation::Condition::set_aside: return "set aside";
    }
    return "?";
}

std::string state_text(const rotation::Generation& generation)
{
    const char* rest = generation.quiesced ? ", quiesced" : "";
    if (generation.condition == rotation::Condition::good)
        return fmt::format("good{}", rest);
    return fmt::format("{}: it {}{}", word(generation.condition), printable(generation.reason),
                       rest);
}

}  // namespace

void write_listing(std::ostream& out, const Clock& clock, const Listing& listing)
{
    const rotation::Set& set = listing.members;
    fmt::print(out, "{}: set '{}' on {} in '{}', keep {}\n", printable(listing.vm), listing.set,
               printable(listing.located.target.datastore.name),
               printable(listing.located.target.folder.path), listing.keep);
    if (set.generations.empty())
        fmt::print(out, "  no generation yet\n");
    else
        fmt::print(out, "  {:>4} {:>4}  {:19}  {}\n", "SEQ", "SLOT", "TAKEN", "NAME, STATE");
    for (const rotation::Generation& generation : set.generations)
        fmt::print(out, "  {:4}   {:02}  {:19}  {}  {}\n", generation.seq, generation.slot,
                   clock.local_text(generation.taken), printable(generation.name),
                   state_text(generation));
    for (const rotation::Unfinished& clone : set.unfinished)
        fmt::print(out, "  {:4}   {:02}  {:19}  {}  unfinished: counts as nothing\n", clone.seq,
                   clone.slot, "", printable(clone.name));
    for (const rotation::Stranger& stranger : set.strangers)
        fmt::print(out, "  not ours: {} {}\n", printable(stranger.name),
                   printable(stranger.reason));
    if (!set.unread.empty())
        fmt::print(out, "  '{}' cannot be read: nothing expires until it can\n",
                   printable(set.unread));
}

void write_listing_json(std::ostream& out, const Listing& listing)
{
    for (const rotation::Generation& generation : listing.members.generations)
        write_line(out, "generation",
                   {{"vm", listing.vm},
                    {"set", listing.set},
                    {"datastore", listing.located.target.datastore.name},
                    {"name", generation.name},
                    {"id", generation.id},
                    {"seq", generation.seq},
                    {"slot", generation.slot},
                    {"taken", rotation::utc_text(generation.taken)},
                    {"quiesced", generation.quiesced},
                    {"state", word(generation.condition)},
                    {"reason", generation.reason}});
    for (const rotation::Unfinished& clone : listing.members.unfinished)
        write_line(out, "unfinished",
                   {{"vm", listing.vm}, {"name", clone.name}, {"run", clone.run}});
    for (const rotation::Stranger& stranger : listing.members.strangers)
        write_line(out, "stranger",
                   {{"vm", listing.vm}, {"name", stranger.name}, {"reason", stranger.reason}});
}

}  // namespace vmrotate::report
