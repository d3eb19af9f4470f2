// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.hpp"

#include "config/reading.hpp"

namespace vmrotate::config {
namespace {

constexpr std::array<Word<Quiesce>, 3> quiesce_words = {
    {{"off", Quiesce::off}, {"prefer", Quiesce::prefer}, {"require", Quiesce::require}}};
constexpr std::array<Word<Nics>, 2> nics_words = {
    {{"keep", Nics::keep}, {"disconnected", Nics::disconnected}}};
constexpr std::array<Word<Consolidate>, 2> consolidate_words = {
    {{"auto", Consolidate::automatic}, {"never", Consolidate::never}}};
constexpr std::array<Word<HookFailure>, 2> hook_failure_words = {
    {{"fail", HookFailure::fail}, {"skip", HookFailure::skip}}};
constexpr std::array<Word<GroupPolicy>, 2> group_policy_words = {
    {{"all-or-nothing", GroupPolicy::all_or_nothing}, {"best-effort", GroupPolicy::best_effort}}};
constexpr std::array<Word<OnFreeze>, 2> on_freeze_words = {
    {{"go_on", OnFreeze::go_on}, {"stop_group", OnFreeze::stop_group}}};

}  // namespace

Quiesce read_quiesce(const Value& value)
{
    return read_word(value, quiesce_words);
}

Nics read_nics(const Value& value)
{
    return read_word(value, nics_words);
}

Consolidate read_consolidate(const Value& value)
{
    return read_word(value, consolidate_words);
}

HookFailure read_hook_failure(const Value& value)
{
    return read_word(value, hook_failure_words);
}

GroupPolicy read_group_policy(const Value& value)
{
    return read_word(value, group_policy_words);
}

OnFreeze read_on_freeze(const Value& value)
{
    return read_word(value, on_freeze_words);
}

std::string word(Quiesce quiesce)
{
    return word_for(quiesce, quiesce_words);
}

std::string word(Nics nics)
{
    return word_for(nics, nics_words);
}

std::string word(Consolidate consolidate)
{
    return word_for(consolidate, consolidate_words);
}

std::string word(HookFailure failure)
{
    return word_for(failure, hook_failure_words);
}

}  // namespace vmrotate::config
