// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// The names of generations: `<prefix><stem>-<NN>-<yyyyMMddHHmm>`.
///
///     zz_avocado2-02-201909250241      slot 02, made on 2019-09-25 at 02:41 local time
///
/// The stem is the source's name, or its alias. A name is for people: it never decides
/// what is deleted, it is one of the things that must be right before a deletion.
namespace vmrotate::rotation {

/// What stands before the slot. Two sources share a name only if both parts run together
/// to the same text, which the configuration refuses.
struct Stem {
    std::string prefix;  ///< "zz_"
    std::string name;    ///< "avocado2"

    bool operator==(const Stem&) const = default;
};

struct Name {
    int slot = 0;       ///< 1 to 99
    std::string stamp;  ///< "201909250241"

    bool operator==(const Name&) const = default;
};

/// `slot` is 1 to 99, `stamp` twelve digits.
std::string compose_name(const Stem& stem, int slot, std::string_view stamp);

/// Reads a name of exactly this stem; nothing for any other text, however similar:
/// `zz_avocado20-01-201909250241` is no name of `avocado2`. The stamp must be a date and
/// time that exist.
std::optional<Name> parse_name(std::string_view text, const Stem& stem);

/// vCenter's limit for names, counted in its escaped form (ManagedEntity.name).
inline constexpr std::size_t longest_name = 80;

/// Characters, not bytes, that vCenter stores: `%`, `/` and `\` count three.
std::size_t stored_length(std::string_view name);

}  // namespace vmrotate::rotation
