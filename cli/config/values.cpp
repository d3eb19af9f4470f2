// SPDX-License-Identifier: GPL-3.0-or-later
#include "config/values.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "base/error.hpp"
#include "base/text.hpp"

namespace vmrotate::config {
namespace {

constexpr std::string_view letters_and_digits =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

[[noreturn]] void refuse(const std::string& message)
{
    throw Error(ErrorKind::usage, message);
}

void refuse_characters(const std::string& text, std::string_view forbidden)
{
    const auto found = text.find_first_of(forbidden);
    if (found == std::string::npos)
        return;
    const std::string_view character = std::string_view(text).substr(found, 1);
    refuse(character == " " ? "may not contain blanks"
                            : fmt::format("may not contain {}", character));
}

void refuse_longer(const std::string& text, std::size_t longest)
{
    const std::size_t length = characters(text).size();
    if (length > longest)
        refuse(fmt::format("may have {} characters, this has {}", longest, length));
}

bool consists_of(std::string_view text, std::string_view other_than_letters_and_digits)
{
    return std::ranges::all_of(text, [&](char c) {
        return letters_and_digits.find(c) != std::string_view::npos ||
               other_than_letters_and_digits.find(c) != std::string_view::npos;
    });
}

template <class Enum>
struct Word {
    std::string_view text;
    Enum meaning;
};

constexpr std::array<Word<Quiesce>, 3> quiesce_words = {
    {{"off", Quiesce::off}, {"prefer", Quiesce::prefer}, {"require", Quiesce::require}}};
constexpr std::array<Word<Nics>, 2> nics_words = {
    {{"keep", Nics::keep}, {"disconnected", Nics::disconnected}}};
constexpr std::array<Word<Consolidate>, 2> consolidate_words = {
    {{"auto", Consolidate::automatic}, {"never", Consolidate::never}}};
constexpr std::array<Word<HookFailure>, 2> hook_failure_words = {
    {{"fail", HookFailure::fail}, {"skip", HookFailure::skip}}};

constexpr std::array<Word<Day>, 7> day_words = {{{"mon", Day::monday},
                                                 {"tue", Day::tuesday},
                                                 {"wed", Day::wednesday},
                                                 {"thu", Day::thursday},
                                                 {"fri", Day::friday},
                                                 {"sat", Day::saturday},
                                                 {"sun", Day::sunday}}};

constexpr std::array<Word<GroupPolicy>, 2> group_policy_words = {
    {{"all-or-nothing", GroupPolicy::all_or_nothing}, {"best-effort", GroupPolicy::best_effort}}};
constexpr std::array<Word<OnFreeze>, 2> on_freeze_words = {
    {{"go_on", OnFreeze::go_on}, {"stop_group", OnFreeze::stop_group}}};

template <class Enum, std::size_t count>
Enum read_word(const Value& value, const std::array<Word<Enum>, count>& words)
{
    const auto* text = std::get_if<std::string>(&value);
    std::vector<std::string> names;
    for (const Word<Enum>& word : words) {
        if (text != nullptr && *text == word.text)
            return word.meaning;
        names.push_back(fmt::format("\"{}\"", word.text));
    }
    const std::string last = std::move(names.back());
    names.pop_back();
    refuse(fmt::format("must be {} or {}", fmt::join(names, ", "), last));
}

template <class Enum, std::size_t count>
std::string word_for(Enum wanted, const std::array<Word<Enum>, count>& words)
{
    const auto found = std::ranges::find(words, wanted, &Word<Enum>::meaning);
    return found == words.end() ? "?" : std::string(found->text);
}

/// 1 to 65535, without leading zeros.
std::optional<int> port_of(std::string_view text)
{
    const bool is_number = text.find_first_not_of("0123456789") == std::string_view::npos;
    if (!is_number || text.empty() || text.size() > 5 || text.front() == '0')
        return std::nullopt;
    const int port = std::stoi(std::string(text));
    return port <= 65535 ? std::optional(port) : std::nullopt;
}

/// "host", "host:8443", "[::1]", "[::1]:443" -> the part before the port.
std::optional<std::string_view> host_of(std::string_view server)
{
    const auto bracket = server.starts_with('[') ? server.find(']') : 0;
    if (bracket == std::string_view::npos)
        return std::nullopt;
    const auto colon = server.find(':', bracket);
    if (colon == std::string_view::npos)
        return server;
    if (!port_of(server.substr(colon + 1)))
        return std::nullopt;
    return server.substr(0, colon);
}

/// "HH:MM", 00:00 to 23:59.
std::optional<std::chrono::minutes> time_of_day(std::string_view text)
{
    const auto digit = [&](std::size_t at) { return text[at] - '0'; };
    if (text.size() != 5 || text[2] != ':')
        return std::nullopt;
    for (const std::size_t at : {0u, 1u, 3u, 4u})
        if (digit(at) < 0 || digit(at) > 9)
            return std::nullopt;
    const int hours = 10 * digit(0) + digit(1), minutes = 10 * digit(3) + digit(4);
    if (hours > 23 || minutes > 59)
        return std::nullopt;
    return std::chrono::minutes(60 * hours + minutes);
}

bool is_host(std::string_view host)
{
    if (host.starts_with('['))
        return host.size() > 3 && host.ends_with(']') &&
               consists_of(host.substr(1, host.size() - 2), ":.%-_");
    return !host.empty() && host.front() != '.' && host.front() != '-' && consists_of(host, ".-_");
}

Value value_of(const Scalar& scalar)
{
    return std::visit([](const auto& value) { return Value(value); }, scalar);
}

/// `key = value` in one entry of `copies`.
void put(FurtherPlace& place, const std::string& key, const Value& value)
{
    if (key == "datastore" || key.empty())
        place.datastore = read_text(value);
    else if (key == "folder")
        place.folder = read_folder(value);
    else if (key == "prefix")
        place.prefix = read_prefix(value);
    else if (key == "set")
        place.set = read_set(value);
    else if (key == "keep")
        place.keep = read_keep(value);
    else
        refuse("is unknown" + did_you_mean(key, {"datastore", "folder", "prefix", "set", "keep"}));
}

FurtherPlace read_place(const std::map<std::string, Scalar>& table)
{
    FurtherPlace place;
    for (const auto& [key, value] : table) {
        try {
            put(place, key, value_of(value));
        } catch (const Error& error) {
            refuse(key.empty() ? error.what() : fmt::format("{} {}", in_quotes(key), error.what()));
        }
    }
    if (place.datastore.empty())
        refuse("names no datastore: { datastore = \"NFS_mango\", keep = 8 }");
    return place;
}

/// Names and tables alike.
Tables tables_of(const Value& value)
{
    if (const auto* tables = std::get_if<Tables>(&value))
        return *tables;
    const auto* names = std::get_if<std::vector<std::string>>(&value);
    if (names == nullptr)
        refuse("must be a list of datastores: [\"NFS_durian\", \"NFS_mango\"]");
    Tables tables;
    for (const std::string& name : *names)
        tables.push_back({{"", name}});
    return tables;
}

}  // namespace

std::string read_text(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (text == nullptr)
        refuse("must be text in quotes");
    if (text->empty())
        refuse("may not be empty");
    if (std::ranges::any_of(characters(*text), is_control))
        refuse("may not contain control characters");
    return *text;
}

std::string read_alias(const Value& value)
{
    std::string text = read_text(value);
    refuse_characters(text, R"(/\%)");
    if (text.front() == ' ' || text.back() == ' ')
        refuse("may not begin or end with a blank");
    refuse_longer(text, 80);
    return text;
}

std::string read_folder(const Value& value)
{
    std::string text = read_text(value);
    if (text.starts_with('/') || text.ends_with('/'))
        refuse("may not begin or end with /");
    if (text.find("//") != std::string::npos)
        refuse("may not contain //");
    return text;
}

std::string read_prefix(const Value& value)
{
    std::string text = read_text(value);
    refuse_characters(text, R"( /\%"'*?:<>|)");
    refuse_longer(text, 20);
    return text;
}

std::string read_set(const Value& value)
{
    std::string text = read_text(value);
    if (!consists_of(text, "._-"))
        refuse("may contain only A-Z a-z 0-9 . _ -");
    refuse_longer(text, 32);
    return text;
}

std::string read_server(const Value& value)
{
    std::string text = read_text(value);
    if (text.find("://") != std::string::npos)
        refuse("must be a name, without http:// or https://");
    if (text.find('@') != std::string::npos)
        refuse("must be a name, without a user");
    const auto host = host_of(text);
    if (!host || !is_host(*host))
        refuse("must be a name or an address, perhaps with a port: \"vcenter.example.com:443\"");
    return text;
}

std::string read_fingerprint(const Value& value)
{
    std::string text = read_text(value);
    for (const std::string_view prefix : {"SHA256:", "sha256:"})
        if (text.starts_with(prefix))
            text.erase(0, prefix.size());
    const auto is_digit = [](char c) {
        return std::string_view("0123456789abcdefABCDEF").find(c) != std::string_view::npos;
    };
    const bool colons = text.size() == 95;
    bool right = colons || text.size() == 64;
    for (std::size_t i = 0; i < text.size(); ++i)
        right = right && (colons && i % 3 == 2 ? text[i] == ':' : is_digit(text[i]));
    if (!right)
        refuse(
            "must be a SHA-256 fingerprint: 64 hexadecimal digits, \"AB:CD:...\" or \"abcd...\"");
    return text;
}

int read_keep(const Value& value)
{
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr)
        refuse("must be a number, 1 to 98");
    if (*number < 1 || *number > 98)
        refuse("must be 1 to 98");
    return static_cast<int>(*number);
}

int read_count(const Value& value)
{
    const auto* number = std::get_if<std::int64_t>(&value);
    if (number == nullptr || *number < 1 || *number > 100)
        refuse("must be a number, 1 to 100");
    return static_cast<int>(*number);
}

std::optional<Window> read_window(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    const auto from = text == nullptr ? std::nullopt : time_of_day(text->substr(0, 5));
    const auto until = !from || text->size() != 11 ? std::nullopt : time_of_day(text->substr(6));
    if (!until || (*text)[5] != '-')
        refuse("must be two times of day in quotes, such as \"01:00-05:30\"");
    if (*from == *until)
        refuse("must end at another time than it begins");
    return Window{*from, *until};
}

std::vector<Day> read_days(const Value& value)
{
    const auto* names = std::get_if<std::vector<std::string>>(&value);
    if (names == nullptr || names->empty())
        refuse("must be a list of days: [\"mon\", \"fri\"]");
    std::vector<Day> days;
    for (const std::string& name : *names) {
        const Day day = read_word(name, day_words);
        if (std::ranges::count(days, day) > 0)
            refuse(fmt::format("names {} twice", in_quotes(name)));
        days.push_back(day);
    }
    return days;
}

std::string read_attribute(const Value& value)
{
    std::string text = read_text(value);
    const auto equals = text.find('=');
    if (equals == std::string::npos || equals == 0 || equals + 1 == text.size())
        refuse("must be a custom attribute and its value: \"NAME=VALUE\"");
    return text;
}

bool read_switch(const Value& value)
{
    const auto* state = std::get_if<bool>(&value);
    if (state == nullptr)
        refuse("must be true or false");
    return *state;
}

std::chrono::seconds read_duration(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    const auto duration = text == nullptr ? std::nullopt : parse_duration(*text);
    if (!duration)
        refuse(fmt::format("must be a duration in quotes, such as {}", duration_examples));
    return *duration;
}

std::chrono::seconds read_time_limit(const Value& value)
{
    const auto duration = read_duration(value);
    if (duration < std::chrono::seconds(1))
        refuse("must be a second at least");
    return duration;
}

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

GroupPolicy read_group_policy(const Value& value)
{
    return read_word(value, group_policy_words);
}

OnFreeze read_on_freeze(const Value& value)
{
    return read_word(value, on_freeze_words);
}

std::vector<FurtherPlace> read_copies(const Value& value)
{
    constexpr std::size_t most = 9;
    const Tables tables = tables_of(value);
    if (tables.size() > most)
        refuse(fmt::format("may have {} entries, this has {}", most, tables.size()));
    std::vector<FurtherPlace> places;
    for (const auto& table : tables) {
        try {
            places.push_back(read_place(table));
        } catch (const Error& error) {
            refuse(fmt::format("entry {} {}", places.size() + 1, error.what()));
        }
    }
    return places;
}

HookFailure read_hook_failure(const Value& value)
{
    return read_word(value, hook_failure_words);
}

Probe read_probe(const Value& value)
{
    const auto* text = std::get_if<std::string>(&value);
    if (text != nullptr && *text == "off")
        return {};
    if (text != nullptr && *text == "icmp")
        return {Probe::Kind::icmp, 0};
    constexpr std::string_view tcp = "tcp:";
    const auto port = text != nullptr && text->starts_with(tcp)
                          ? port_of(std::string_view(*text).substr(tcp.size()))
                          : std::nullopt;
    if (!port)
        refuse("must be \"off\", \"icmp\", or \"tcp:\" and a port, such as \"tcp:22\"");
    return {Probe::Kind::tcp, *port};
}

Command read_command(const Value& value)
{
    const auto* command = std::get_if<std::vector<std::string>>(&value);
    if (command == nullptr)
        refuse("must be a list of texts: [\"/path/of/a/program\", \"an argument\"]");
    for (const std::string& word : *command)
        if (word.find('\0') != std::string::npos)
            refuse("may not contain the character 0");
    if (!command->empty() && !command->front().starts_with('/'))
        refuse(fmt::format("must begin with the absolute path of a program, not with {}",
                           in_quotes(command->front())));
    return *command;
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
