// SPDX-License-Identifier: GPL-3.0-or-later
#include "chain.hpp"

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>

#include "fakes/memory_store.hpp"
#include "store_choice.hpp"

using namespace credstore;

namespace {

enum class State { has_it, lacks_it, is_not_there, unavailable, broken, ambiguous };

/// Answers as it was told, with its own name for a password.
class ToldStore final : public CredentialStore {
public:
    ToldStore(std::string name, State state, bool read_only = false)
        : name_(std::move(name)), state_(state), read_only_(read_only)
    {
    }

    std::string describe() const override { return name_; }
    bool exists() const override { return state_ != State::is_not_there; }
    bool read_only() const override { return read_only_; }

    std::optional<Credential> find(const Account& account) override
    {
        if (state_ == State::unavailable)
            throw StoreUnavailable(name_ + " is away");
        if (state_ == State::broken)
            throw StoreError(name_ + " is broken");
        if (state_ == State::has_it)
            return Credential{account, Secret(name_)};
        return {};
    }

    bool put(const Credential&) override { return true; }
    bool erase(const Account&) override { return true; }

    std::vector<Entry> list() override
    {
        const auto found = find({"server", "user"});
        if (!found)
            return {};
        return {{found->account}};
    }

    std::vector<std::string> warnings() override { return {"beware of " + name_}; }

private:
    std::string name_;
    State state_;
    bool read_only_;
};

Chain chain_of(const std::vector<State>& states)
{
    std::vector<std::unique_ptr<CredentialStore>> places;
    for (const State state : states)
        places.push_back(
            std::make_unique<ToldStore>(fmt::format("place {}", places.size() + 1), state));
    return Chain(std::move(places));
}

std::string as_text(const std::vector<Answer>& answers)
{
    std::vector<std::string> texts;
    for (const Answer& answer : answers)
        texts.push_back(answer.place + ": " + answer.answer);
    return fmt::format("{}", fmt::join(texts, "; "));
}

std::string look_up(Chain chain)
{
    try {
        const Lookup lookup = chain.find({"server", "user"});
        if (!lookup.credential)
            return "nobody | " + as_text(lookup.others);
        CHECK(lookup.credential->password.reveal() == lookup.place);
        return lookup.place + " | " + as_text(lookup.others);
    } catch (const StoreError& error) {
        return std::string("error: ") + error.what();
    }
}

}  // namespace

TEST_CASE("chain: the first place that has the logon answers, and the others say why not")
{
    using enum State;
    struct Row {
        std::vector<State> places;
        std::string outcome;
    };
    const std::vector<Row> rows = {
        {{has_it}, "place 1 | "},
        {{lacks_it}, "nobody | place 1: it holds no such logon"},
        {{has_it, has_it}, "place 1 | place 2: it was not asked"},
        {{lacks_it, has_it}, "place 2 | place 1: it holds no such logon"},
        {{is_not_there, unavailable, has_it},
         "place 3 | place 1: it does not exist; place 2: place 2 is away"},
        {{unavailable, lacks_it, is_not_there},
         "nobody | place 1: place 1 is away; place 2: it holds no such logon; place 3: it does "
         "not exist"},
        {{has_it, broken}, "place 1 | place 2: it was not asked"},
        {{broken, has_it}, "error: place 1 is broken"},
        {{lacks_it, broken, has_it}, "error: place 2 is broken"},
    };
    for (const Row& row : rows)
        CHECK(look_up(chain_of(row.places)) == row.outcome);
}

TEST_CASE("chain: a place that was named stops where a usual one would be passed over")
{
    using enum State;
    const auto only = [](State state) { return Chain(std::make_unique<ToldStore>("it", state)); };
    CHECK(look_up(only(has_it)) == "it | ");
    CHECK(look_up(only(lacks_it)) == "nobody | it: it holds no such logon");
    CHECK(look_up(only(unavailable)) == "error: cannot use it: it is away");
    CHECK(look_up(only(broken)) == "error: it is broken");
    CHECK_THROWS_AS(only(unavailable).list(), StoreUnavailable);
    CHECK_THROWS_AS(only(unavailable).holder_of({"server", "user"}), StoreUnavailable);
}

TEST_CASE("chain: lists every place with its name, and who is silent")
{
    using enum State;
    const Listing listing = chain_of({has_it, unavailable, is_not_there, lacks_it, has_it}).list();
    std::vector<std::string> places;
    for (const Listed& listed : listing.entries)
        places.push_back(listed.place);
    CHECK(fmt::format("{}", fmt::join(places, ", ")) == "place 1, place 5");
    CHECK(as_text(listing.silent) == "place 2: place 2 is away; place 3: it does not exist");
    CHECK_THROWS_AS(chain_of({has_it, broken}).list(), StoreError);
}

TEST_CASE("chain: a new logon goes to the first place that can be written")
{
    std::vector<std::unique_ptr<CredentialStore>> places;
    places.push_back(std::make_unique<ToldStore>("given", State::has_it, true));
    places.push_back(std::make_unique<ToldStore>("own", State::is_not_there));
    Chain chain(std::move(places));
    CHECK(chain.writable().describe() == "own");
    CHECK(fmt::format("{}", fmt::join(chain.warnings(), ", ")) == "beware of given, beware of own");

    Chain given(std::make_unique<ToldStore>("given", State::has_it, true));
    CHECK_THROWS_WITH_AS(given.writable(), "cannot change logons in given: it can only be read",
                         StoreError);
}

TEST_CASE("chain: the place that holds an account is the one that is changed")
{
    using enum State;
    const Account account{"server", "user"};
    CHECK(chain_of({lacks_it, unavailable, has_it, has_it}).holder_of(account) != nullptr);
    Chain chain = chain_of({lacks_it, unavailable, has_it, has_it});
    CHECK(chain.holder_of(account)->describe() == "place 3");
    CHECK(chain_of({lacks_it, is_not_there}).holder_of(account) == nullptr);
    Chain given(std::make_unique<ToldStore>("given", has_it, true));
    CHECK_THROWS_WITH_AS(given.holder_of(account),
                         "cannot change the logon of 'user' at 'server': given can only be read",
                         StoreError);
}

TEST_CASE("chain: a store without a key of its own cannot be given a new one")
{
    MemoryStore::Content content;
    MemoryStore store(content);
    CHECK_THROWS_WITH_AS(store.rekey(NewKeyFile{}),
                         "cannot give a new key to the test's memory: it has none of its own",
                         StoreError);
    CHECK_FALSE(store.read_only());
    CHECK(store.exists());
    CHECK(store.warnings().empty());
}

TEST_CASE("store choice: a word names a service, anything else a sealed file")
{
    struct Row {
        std::string store, key_file;
        StoreChoice choice;
    };
    const StoreChoice usual{StoreKind::usual, "/u/credentials", "/u/key"};
    const std::vector<Row> rows = {
        {"", "", usual},
        {"", "/k", {StoreKind::usual, "/u/credentials", "/k"}},
        {"systemd", "", {StoreKind::systemd, "/u/credentials", "/u/key"}},
        {"secret-service", "", {StoreKind::secret_service, "/u/credentials", "/u/key"}},
        {"./systemd", "", {StoreKind::sealed_file, "./systemd", "./systemd.key"}},
        {"Systemd", "", {StoreKind::sealed_file, "Systemd", "Systemd.key"}},
        {"/a/b", "/k", {StoreKind::sealed_file, "/a/b", "/k"}},
    };
    for (const Row& row : rows) {
        INFO("store: ", row.store);
        const StoreChoice choice = store_choice(row.store, row.key_file, usual);
        CHECK(static_cast<int>(choice.kind) == static_cast<int>(row.choice.kind));
        CHECK(choice.file == row.choice.file);
        CHECK(choice.key_file == row.choice.key_file);
    }
}
