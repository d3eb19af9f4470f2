// SPDX-License-Identifier: GPL-3.0-or-later
// What AddressSanitizer asks a program for. libsecret's file back end leaves a few bytes in gio
// with each keyring file that it replaces; only a whole call stack tells them from ours.

extern "C" {
const char* __asan_default_options();
const char* __lsan_default_suppressions();

const char* __asan_default_options()
{
    return "fast_unwind_on_malloc=0";
}

const char* __lsan_default_suppressions()
{
    return "leak:libgio-2.0.so\n";
}
}
