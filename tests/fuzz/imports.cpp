// SPDX-License-Identifier: GPL-3.0-or-later
#include <string_view>

#include "import.hpp"
#include "laws.hpp"
#include "text_forms.hpp"

// The input, by its first letter:
//   x  vicredentials.xml
//   j  PowerCLI's JSON

using namespace credstore;
using fuzz::law;

namespace {

void check(const Imported& imported)
{
    law(imported.credentials.size() + imported.refused.size() <= max_imported,
        "no more comes in than is allowed");
    const Account* before = nullptr;
    for (const Credential& credential : imported.credentials) {
        law(!credential.account.server.empty() && !credential.account.user.empty(),
            "what comes in has an account");
        law(credential.account.server == lower_case(credential.account.server),
            "servers are in lower case");
        law(!credential.password.empty(), "what comes in has a password");
        law(is_utf8(credential.password.reveal()), "passwords are UTF-8");
        law(before == nullptr || *before < credential.account, "accounts come in order, once");
        before = &credential.account;
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size)
{
    std::string_view input = fuzz::text_of(data, size);
    if (input.empty() || (input.front() != 'x' && input.front() != 'j'))
        return -1;
    const bool is_xml = input.front() == 'x';
    input.remove_prefix(1);
    try {
        check(is_xml ? read_vicredentials(input) : read_powercli_json(input));
    } catch (const StoreError&) {
    }
    return 0;
}
