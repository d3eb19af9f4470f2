// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "envelope.hpp"
#include "key_sources.hpp"
#include "new_key.hpp"
#include "secret.hpp"

namespace credstore {

/// How a file is sealed, and with what.
struct Seal {
    Derivation derivation = ByKeyFile{};
    Secret opener;
};

/// Finds what opens a sealed file, and makes what will.
///
/// A key file that is in use is replaced in three steps: the new key is written to "<key>.next",
/// the sealed file is sealed for it and replaced, "<key>.next" gets the name of the key file.
/// Interrupted between them, one of the two opens the file; both are tried, and the next change
/// of the store finishes or undoes what was begun. A key file that is new stays, even where
/// nothing was sealed for it in the end.
class SealingKeys {
public:
    explicit SealingKeys(KeySources sources) : sources_(std::move(sources)) {}

    /// What may open the file, the likeliest first; at least one. A passphrase is asked for once.
    /// Throws StoreError "cannot open the sealed file ..." where nothing is there to try.
    std::vector<Secret> openers(const Derivation& derivation, const std::filesystem::path& sealed);

    /// For a file that is not there yet: the key file, which is made if need be.
    Seal for_new_file() const;

    /// Makes or fetches the new key. `current` is how the file is sealed now.
    Seal prepare(NewKey wanted, const Seal& current);

    /// The sealed file is now the one for what `prepare` returned.
    KeyChange confirm();

    /// Of the key files, the usual one.
    const std::filesystem::path& key_file() const { return sources_.key_file; }

    /// Cleans up behind an interrupted change of keys: `opener` is what the file was opened by.
    /// The caller holds the store's lock.
    void settle(const Derivation& derivation, const Secret& opener);

private:
    std::filesystem::path next_key_file() const { return sources_.key_file.string() + ".next"; }
    Seal prepare_key_file(const std::filesystem::path& file, const Seal& current);
    Secret systemd_key(const std::string& name) const;

    KeySources sources_;
    std::optional<Secret> passphrase_;
    KeyChange change_;       ///< that `confirm` completes
    bool replaces_ = false;  ///< the key file, once that is confirmed
};

}  // namespace credstore
