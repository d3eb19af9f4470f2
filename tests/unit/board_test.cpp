// SPDX-License-Identifier: GPL-3.0-or-later
#include "report/board.hpp"

#include <algorithm>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/test_run.hpp"
#include "report/progress.hpp"

using namespace vmrotate;
using namespace std::chrono_literals;
using report::Board;
using report::Detail;

namespace {

/// What a terminal makes of the few control sequences that a board may send. Rows scroll up for
/// ever; anything else that is not text is shown as '#'.
class Glass {
public:
    void feed(const std::string& text)
    {
        for (std::size_t at = 0; at < text.size(); ++at)
            if (text.compare(at, 2, "\033[") == 0)
                at = obey(text, at + 2);
            else
                put(text[at]);
    }

    /// The rows down to the cursor, each with a line break behind it but the cursor's.
    std::string shown() const
    {
        return fmt::format("{}", fmt::join(rows_.begin(), rows_.begin() + row_ + 1, "\n"));
    }

private:
    void put(char c)
    {
        if (c == '\r') {
            column_ = 0;
        } else if (c == '\n') {
            column_ = 0;
            if (++row_ == std::ssize(rows_))
                rows_.emplace_back();
        } else {
            std::string& row = rows_[static_cast<std::size_t>(row_)];
            row.resize(std::max(row.size(), column_ + 1), ' ');
            row[column_++] = c == '\033' ? '#' : c;
        }
    }

    std::size_t obey(const std::string& text, std::size_t at)
    {
        std::ptrdiff_t number = 0;
        for (; text[at] >= '0' && text[at] <= '9'; ++at)
            number = number * 10 + (text[at] - '0');
        std::string& row = rows_[static_cast<std::size_t>(row_)];
        if (text[at] == 'A')
            row_ = std::max<std::ptrdiff_t>(row_ - number, 0);
        else if (text[at] == 'K' || text[at] == 'J')
            row.resize(std::min(row.size(), column_));
        else
            row += '#';
        if (text[at] == 'J')
            rows_.resize(static_cast<std::size_t>(row_) + 1);
        return at;
    }

    std::vector<std::string> rows_{std::string()};
    std::ptrdiff_t row_ = 0;
    std::size_t column_ = 0;
};

struct Room {
    World world;
    std::ostringstream out, err;
    bool reads = true;  ///< somebody reads `out`
    bool out_is_screen = true;
    report::ScreenSize size;
    std::stop_source stop;
    Board board{{.out = out,
                 .err = err,
                 .out_is_ready = [this] { return reads; },
                 .out_is_screen = out_is_screen,
                 .screen = [this] { return size; },
                 .clock = world.clock(),
                 .stop = stop.get_token()}};
    Glass glass;

    /// What the terminal shows by now, where `out` is elsewhere.
    std::string shown()
    {
        glass.feed(err.str());
        err.str("");
        return glass.shown();
    }

    void tick()
    {
        world.pass(100ms);
        board.tick();
    }
};

Board::Manner live = {.detail = Detail::live, .events = false};

}  // namespace

TEST_CASE("board: VMs in flight have a line each, what is told stands above them")
{
    Room room;
    room.board.begin(3, live);
    auto fig = room.board.watch("fig", Detail::live);
    room.tick();
    auto kiwi = room.board.watch("kiwi", Detail::live);
    fig->step("taking the snapshot");
    kiwi->step("looking");
    room.tick();
    CHECK(
        room.shown() ==
        "fig   taking the snapshot\nkiwi  looking\n0 of 3 VMs done, 2 in flight, 1 waiting; 0 s\n");

    kiwi->warning("it is green");
    fig->done();
    room.board.ended(report::End::done);
    room.board.write({.out = "", .err = "fig: done\n"});
    room.tick();
    CHECK(room.shown() ==
          "vmrotate: kiwi: warning: it is green\nfig: done\n"
          "kiwi  looking\n1 of 3 VMs done, 1 in flight, 1 waiting; 0 s\n");

    kiwi->done();
    room.board.end();
    CHECK(room.shown() == "vmrotate: kiwi: warning: it is green\nfig: done\n");
}

TEST_CASE("board: whatever is sent, the cursor stands at the beginning of an empty line")
{
    Room room;
    room.board.begin(2, live);
    auto fig = room.board.watch("fig", Detail::live);
    for (int percent = 0; percent <= 100; ++percent) {
        fig->copying(percent);
        fig->remark("so far");
        room.tick();
        CHECK(room.shown().ends_with("\n"));
    }
    fig.reset();
    room.board.end();
    CHECK(room.shown().ends_with("fig: so far\n"));
}

TEST_CASE("board: it draws ten times in a second at most, and not what stands there")
{
    Room room;
    room.board.begin(1, live);
    auto fig = room.board.watch("fig", Detail::live);
    room.tick();
    room.shown();
    for (int percent = 0; percent < 50; ++percent)
        fig->copying(percent);
    fig->copying(51);
    CHECK(room.err.str().empty());
    room.tick();
    CHECK(room.shown().find(" 51 %") != std::string::npos);
    room.tick();
    CHECK(room.err.str().empty());
}

TEST_CASE("board: a screen that changed its size is asked at each drawing")
{
    Room room;
    room.board.begin(9, live);
    std::vector<std::unique_ptr<report::Progress>> flights;
    for (const std::string vm : {"a", "b", "c", "d", "e"})
        flights.push_back(room.board.watch(vm, Detail::live));
    room.tick();
    CHECK(std::ranges::count(room.shown(), '\n') == 6);
    room.size = {40, 4};
    room.board.write({.out = "", .err = "a sentence\n"});
    room.tick();
    CHECK(room.shown().ends_with("… and 4 more\n0 of 9 VMs done, 5 in flight, 4 waitin…\n"));
    room.size = {200, 50};
    room.tick();
    CHECK(room.shown().ends_with("e  \n0 of 9 VMs done, 5 in flight, 4 waiting; 0 s\n"));
}

TEST_CASE("board: a stop request takes the block away, and what follows are plain lines")
{
    Room room;
    room.board.begin(2, live);
    auto fig = room.board.watch("fig", Detail::live);
    fig->copying(50);
    room.tick();
    CHECK(room.shown().find(" 50 %") != std::string::npos);
    room.stop.request_stop();
    CHECK(room.shown().empty());
    room.err << "\nstopping\n";
    fig->step("removing the snapshot");
    fig->copying(60);
    room.tick();
    room.board.end();
    CHECK(room.shown() == "\nstopping\nfig: removing the snapshot\nfig: copied 60 %\n");
}

TEST_CASE("board: plain lines where no block is wanted")
{
    struct Case {
        std::string name;
        Detail detail;
        std::string told;
    };
    const std::vector<Case> cases = {
        {"warnings only", Detail::warnings, "vmrotate: fig: warning: ripe\n"},
        {"steps", Detail::steps,
         "fig: copying\nfig: copied 10 %\nfig: copied 90 %\nfig: by the way\n"
         "vmrotate: fig: warning: ripe\n"},
        {"verbose", Detail::verbose,
         "2019-09-25T02:41:00Z fig: copying\n2019-09-25T02:41:00Z fig: copied 10 %\n"
         "2019-09-25T02:41:00Z fig: copied 90 %\n2019-09-25T02:41:00Z fig: by the way\n"
         "2019-09-25T02:41:00Z fig: for who wants it all\nvmrotate: fig: warning: ripe\n"},
    };
    for (const Case& c : cases) {
        INFO("case: ", c.name);
        Room room;
        room.board.begin(2, {.detail = c.detail, .events = false});
        auto fig = room.board.watch("fig", c.detail);
        fig->step("copying");
        for (const int percent : {0, 9, 10, 19, 95})
            fig->copying(percent);
        fig->remark("by the way");
        fig->detail("for who wants it all");
        fig->warning("ripe");
        fig->done();
        room.tick();
        CHECK(room.err.str() == c.told);
        CHECK(room.out.str().empty());
    }
}

TEST_CASE("board: a verb that is no backup of several VMs has plain lines on a terminal too")
{
    Room room;
    auto fig = room.board.watch("fig", Detail::live);
    fig->step("looking");
    CHECK(room.shown() == "fig: looking\n");
}

TEST_CASE("board: events are lines of JSON, written when they happen")
{
    Room room;
    room.board.begin(2, {.detail = Detail::warnings, .events = true});
    const std::string head = R"({"schema":1,"type":")";
    const auto line = [&](const std::string& type, const std::string& rest) {
        return head + type + R"(","vm":"fig","at":"2019-09-25T02:41:00Z")" + rest + "}\n";
    };
    auto fig = room.board.watch("fig", Detail::warnings);
    CHECK(room.out.str() == line("start", ""));
    room.out.str("");
    fig->source_uses(1000);
    fig->step("copying");
    fig->copying(4);
    fig->copying(25);
    fig->copying(26);
    fig->healed("a snapshot is gone");
    fig->remark("by the way");
    fig->warning("ripe");
    CHECK(room.out.str() ==
          line("step", R"(,"step":"copying")") +
              line("progress", R"(,"percent":20,"bytes_in_use":1000,"bytes_copied_estimate":200)") +
              line("healed", R"(,"message":"a snapshot is gone")") +
              line("remark", R"(,"message":"by the way")") +
              line("warning", R"(,"message":"ripe")"));
    CHECK(joined(fig->deeds()) == "a snapshot is gone");
    CHECK(joined(fig->warnings()) == "ripe");
}

TEST_CASE("board: nobody waits for who does not read, and nothing is lost")
{
    Room room;
    room.board.begin(2, {.detail = Detail::warnings, .events = true});
    room.reads = false;
    auto fig = room.board.watch("fig", Detail::warnings);
    fig->step("copying");
    room.board.write({.out = "fig is complete\n", .err = ""});
    CHECK(room.out.str().empty());
    room.reads = true;
    room.tick();
    CHECK(std::ranges::count(room.out.str(), '\n') == 3);
    room.reads = false;
    fig->step("more");
    CHECK(std::ranges::count(room.out.str(), '\n') == 3);
    room.board.end();
    CHECK(std::ranges::count(room.out.str(), '\n') == 4);
}

TEST_CASE("board: from several threads, each line stays whole")
{
    Room room;
    constexpr int threads = 8, rounds = 200;
    room.board.begin(threads, {.detail = Detail::steps, .events = true});
    std::vector<std::jthread> workers;
    for (int number = 0; number < threads; ++number)
        workers.emplace_back([&room, number] {
            const auto vm = room.board.watch(fmt::format("vm{}", number), Detail::steps);
            for (int round = 0; round < rounds; ++round)
                vm->step(
                    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
            room.board.ended(report::End::done);
        });
    workers.clear();
    room.board.end();
    std::istringstream told(room.err.str()), events(room.out.str());
    int lines = 0;
    for (std::string line; std::getline(told, line); ++lines)
        CHECK(line.substr(3) == ": " + std::string(74, 'a'));
    CHECK(lines == threads * rounds);
    lines = 0;
    for (std::string line; std::getline(events, line); ++lines) {
        CHECK(line.starts_with(R"({"schema":1,"type":"st)"));
        CHECK(line.ends_with("}"));
    }
    CHECK(lines == threads * (rounds + 1));
}
