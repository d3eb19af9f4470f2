// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <filesystem>
#include <optional>
#include <string_view>

#include "secret.hpp"

/// Files that only their owner may read, and that nobody else could have put there.
///
/// All functions throw StoreError; its message names the file, its hint the remedy. Symbolic
/// links are followed in the directories of a path, never in its last part.
namespace credstore {

/// `own`: no permission for group or others. `given` by systemd: it lets the service's account in
/// by an access control list, whose mask stands where the group's permissions stand; so the group
/// may seem to read. Others may not, and nobody but the owner may write.
enum class Privacy { own, given };

/// The whole content, at most `limit` bytes. Nothing where the file, or its directory, is not
/// there.
///
/// Refused: what is not a regular file; an owner other than this user and root; a permission that
/// is too much; a directory that somebody else owns, or may write to (unless sticky).
std::optional<Secret> read_private_file(const std::filesystem::path& file, std::size_t limit,
                                        Privacy privacy = Privacy::own);

/// Makes or replaces the file, mode 0600, in one step: a reader sees the old content or the new,
/// never a part. The directory must be as for reading; missing ones are made, mode 0700.
///
/// The content goes to "<file>.new" first, is synced, and renamed; then the directory is synced.
/// Interrupted, it leaves the old file whole, and perhaps a "<file>.new", which the next
/// call removes. After a throw the old file is whole and "<file>.new" is gone; if only the
/// directory's sync failed, the file is the new one, whole, and a power cut may bring
/// the old one back.
///
/// One writer at a time: the caller holds a FileLock.
void replace_private_file(const std::filesystem::path& file, std::string_view content);

/// As `replace_private_file`, but for a file that must not be there yet: never overwrites, and
/// needs no lock. Interrupted, it leaves nothing; only on a file system without nameless files
/// (O_TMPFILE), perhaps a "<file>.new-<16 digits>", which may be deleted.
void create_private_file(const std::filesystem::path& file, std::string_view content);

/// Gives a file the name of another in the same directory, which it replaces; then syncs.
void rename_private_file(const std::filesystem::path& from, const std::filesystem::path& to);

/// Deletes the file if it is there; then syncs its directory.
void remove_private_file(const std::filesystem::path& file);

/// Makes the directory of `file` and its missing parents, mode 0700. One that is there stays as
/// it is, and is refused if it is not as for reading.
void make_private_directory_of(const std::filesystem::path& file);

}  // namespace credstore
