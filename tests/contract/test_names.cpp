// SPDX-License-Identifier: GPL-3.0-or-later
#include <dlfcn.h>
#include <netdb.h>

#include <string_view>

// Names that end in ".test" (RFC 6761) lead to this machine: the certificates of the tests are
// for such. This definition goes before the C library's, for the TLS library's calls too.
extern "C" int getaddrinfo(const char* __restrict name, const char* __restrict service,
                           const addrinfo* __restrict hints, addrinfo** __restrict result)
{
    static const auto real = [] {
        decltype(&getaddrinfo) found = nullptr;
        void* const symbol = dlsym(RTLD_NEXT, "getaddrinfo");
        static_assert(sizeof found == sizeof symbol);
        __builtin_memcpy(&found, &symbol, sizeof found);
        return found;
    }();
    const bool is_ours = name && std::string_view(name).ends_with(".test");
    return real(is_ours ? "127.0.0.1" : name, service, hints, result);
}
