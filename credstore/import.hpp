// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "credential_store.hpp"

/// Reads logons from what other programs wrote. The readers take any bytes; what they return
/// has servers in lower case and texts in UTF-8.
namespace credstore {

constexpr std::size_t max_import_size = 4 * 1024 * 1024;
constexpr std::size_t max_imported = 1024;

struct Imported {
    std::vector<Credential> credentials;  ///< in order of the accounts, each once

    /// A sentence for each logon that cannot be taken over, with its account and the reason.
    std::vector<std::string> refused;
};

/// VMware's vicredentials.xml, as the SDKs for Java, Perl and Python write it:
///
///     <viCredentials><version>1.0</version>
///       <passwordEntry><host>..</host><username>..</username><password>BASE64</password>
///       </passwordEntry> ...
///     </viCredentials>
///
/// Not encrypted: each byte of the password, a zero byte and padding is combined (XOR) with the
/// low byte of Java's String.hashCode(host + username). Java takes the host in lower case, Perl
/// and Python as it stands; which of them wrote a file is seen by what comes out. The
/// password is UTF-8, or else Latin-1. Sources: com.vmware.security.credstore (Java SDK),
/// VMware::VICredStore (Perl SDK), pyvmomi-tools.
///
/// Throws StoreError where it is no such file, or longer than max_import_size. PowerCLI's file of
/// the same name is encrypted for its Windows account (DPAPI): the hint is what to run there.
Imported read_vicredentials(std::string_view text);

/// What `Get-VICredentialStoreItem | Select Host,User,Password | ConvertTo-Json` prints: an
/// object, or an array of them. A byte order mark is skipped, UTF-16 is read too. Throws
/// StoreError where it is not that, or longer than max_import_size.
Imported read_powercli_json(std::string_view text);

}  // namespace credstore
