// SPDX-License-Identifier: GPL-3.0-or-later
#include "rotation/mark.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace vmrotate::rotation {
namespace {

constexpr const char* known_version = "1";

std::string key(const char* field)
{
    return std::string("vmrotate.") + field;
}

std::string disks_text(const std::vector<DiskSize>& disks)
{
    std::string text;
    for (const DiskSize& disk : disks)
        text += fmt::format("{}{}={}", text.empty() ? "" : " ", disk.address, disk.bytes);
    return text;
}

template <typename Number>
std::optional<Number> parse_number(std::string_view text)
{
    Number value{};
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size())
        return {};
    return value;
}

/// Reads the fields one after the other and keeps the first thing that is wrong.
class FieldReader {
public:
    explicit FieldReader(const Keys& keys) : keys_(keys) {}

    const std::string& text(const char* field)
    {
        static const std::string empty;
        const auto found = keys_.find(key(field));
        return found == keys_.end() ? empty : found->second;
    }

    std::string required(const char* field)
    {
        const std::string& value = text(field);
        if (value.empty())
            complain(fmt::format("'{}' is missing", key(field)));
        return value;
    }

    template <typename Number>
    Number number(const char* field, Number least, Number most)
    {
        const auto value = parse_number<Number>(required(field));
        if (!value || *value < least || *value > most)
            complain(fmt::format("'{}' is not a number from {} to {}", key(field), least, most));
        return value.value_or(least);
    }

    std::vector<DiskSize> disks()
    {
        std::vector<DiskSize> result;
        std::string_view rest = text("disks");
        while (!rest.empty()) {
            const auto word = rest.substr(0, rest.find(' '));
            rest.remove_prefix(std::min(rest.size(), word.size() + 1));
            const auto equals = word.find('=');
            const auto bytes = equals == std::string_view::npos
                                   ? std::nullopt
                                   : parse_number<std::int64_t>(word.substr(equals + 1));
            if (!bytes || *bytes < 0 || equals == 0)
                complain(fmt::format("'{}' is not a list of disks", key("disks")));
            else
                result.push_back({std::string(word.substr(0, equals)), *bytes});
        }
        return result;
    }

    /// Tells people something, and decides nothing: what it does not say is not told.
    std::optional<Freeze> freeze()
    {
        const auto longest = parse_number<std::int64_t>(text("freeze-ms"));
        const auto lost = parse_number<int>(text("probes-lost"));
        if (!longest || !lost || *longest < 0 || *longest > highest_number || *lost < 0)
            return {};
        return Freeze{std::chrono::milliseconds(*longest), *lost};
    }

    Time moment(const char* field)
    {
        const auto value = parse_utc(required(field));
        if (!value)
            complain(fmt::format("'{}' is not a time", key(field)));
        return value.value_or(Time{});
    }

    void complain(const std::string& problem)
    {
        if (problem_.empty())
            problem_ = problem;
    }

    const std::string& problem() const { return problem_; }

private:
    const Keys& keys_;
    std::string problem_;
};

State read_state(FieldReader& reader)
{
    const std::string state = reader.required("state");
    if (state != "copying" && state != "complete")
        reader.complain("'vmrotate.state' is neither 'copying' nor 'complete'");
    return state == "complete" ? State::complete : State::copying;
}

Mark read_fields(FieldReader& reader)
{
    Mark mark;
    mark.state = read_state(reader);
    mark.run = reader.required("run");
    mark.lock = reader.text("lock");
    mark.set = reader.required("set");
    mark.seq = reader.number<long>("seq", 1, highest_number);
    mark.slot = reader.number<int>("slot", 1, 99);
    mark.stem = {reader.text("prefix"), reader.required("stem")};
    mark.source_uuid = reader.required("source");
    mark.source_name = reader.text("source-name");
    mark.taken = reader.moment("taken");
    mark.quiesced = reader.text("quiesced") == "yes";
    mark.disks = reader.disks();
    mark.freeze = reader.freeze();
    mark.self = reader.text("self");
    mark.pinned = reader.text("pinned");
    if (mark.state == State::complete && mark.self.empty())
        reader.complain("it is complete and does not say whose mark it is ('vmrotate.self')");
    return mark;
}

bool carries_a_key(const Keys& keys)
{
    for (const auto& [name, value] : keys)
        if (name.starts_with("vmrotate.") && !value.empty())
            return true;
    return false;
}

}  // namespace

Keys encode(const Mark& mark)
{
    return {
        {key("version"), known_version},
        {key("state"), mark.state == State::complete ? "complete" : "copying"},
        {key("run"), mark.run},
        {key("lock"), mark.lock},
        {key("set"), mark.set},
        {key("seq"), std::to_string(mark.seq)},
        {key("slot"), std::to_string(mark.slot)},
        {key("prefix"), mark.stem.prefix},
        {key("stem"), mark.stem.name},
        {key("source"), mark.source_uuid},
        {key("source-name"), mark.source_name},
        {key("taken"), utc_text(mark.taken)},
        {key("quiesced"), mark.quiesced ? "yes" : "no"},
        {key("disks"), disks_text(mark.disks)},
        {key("freeze-ms"), mark.freeze ? std::to_string(mark.freeze->longest.count()) : ""},
        {key("probes-lost"), mark.freeze ? std::to_string(mark.freeze->lost) : ""},
        {key("self"), mark.self},
        {key("pinned"), mark.pinned},
    };
}

Keys difference(const Mark& from, const Mark& to)
{
    const Keys before = encode(from);
    Keys after = encode(to);
    std::erase_if(after, [&](const auto& key) { return before.at(key.first) == key.second; });
    return after;
}

MarkReading decode(const Keys& keys)
{
    using Kind = MarkReading::Kind;
    if (!carries_a_key(keys))
        return {};
    FieldReader reader(keys);
    const std::string& version = reader.text("version");
    if (!version.empty() && version != known_version)
        return {Kind::other_version, {}, fmt::format("its mark is of version '{}'", version)};
    if (version.empty())
        reader.complain("'vmrotate.version' is missing");

    MarkReading result{Kind::whole, read_fields(reader), {}};
    if (!reader.problem().empty()) {
        result.kind = Kind::damaged;
        result.problem = "its mark is damaged: " + reader.problem();
    }
    return result;
}

std::string utc_text(Time time)
{
    using namespace std::chrono;
    const auto day = floor<days>(time);
    const year_month_day date(day);
    const hh_mm_ss clock(time - day);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                       clock.hours().count(), clock.minutes().count(), clock.seconds().count());
}

std::optional<Time> parse_utc(std::string_view text)
{
    constexpr std::string_view form = "0000-00-00T00:00:00Z";
    if (text.size() != form.size())
        return {};
    for (std::size_t i = 0; i < form.size(); ++i)
        if (form[i] == '0' ? text[i] < '0' || text[i] > '9' : text[i] != form[i])
            return {};
    const auto field = [&](std::size_t at, std::size_t size) {
        return parse_number<unsigned>(text.substr(at, size)).value_or(0);
    };
    using namespace std::chrono;
    const year_month_day date{year(static_cast<int>(field(0, 4))), month(field(5, 2)),
                              day(field(8, 2))};
    const unsigned hour = field(11, 2), minute = field(14, 2), second = field(17, 2);
    if (!date.ok() || hour > 23 || minute > 59 || second > 59)
        return {};
    return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

}  // namespace vmrotate::rotation
