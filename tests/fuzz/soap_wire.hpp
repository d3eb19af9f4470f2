// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

#include <string>
#include <string_view>

/// A connection without a network: the client's own gSOAP context sends into memory and
/// receives the scripted replies. Time is virtual; no wait takes any.
///
/// It works by the linker's --wrap (see CMakeLists.txt): nothing in the client knows of it.
namespace fuzz {

/// Replies, in the order in which they are sent, with a line "--" between them. After the last
/// one the server is silent: the connection ends.
///
/// A reply that begins with "HTTP/" is sent as it is; one with "<?xml" becomes the body of an
/// HTTP reply; "<soapenv:Fault" the body of an envelope with HTTP status 500; all else
/// what stands inside of the <...Response> to the call that was made.
void begin_script(std::string_view replies);

/// From here on the logon is scripted too; else it succeeds, and so does CurrentTime.
void script_the_logon();

/// The last request, header and body.
const std::string& last_request();

}  // namespace fuzz
