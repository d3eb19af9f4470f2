// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/session.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/ostream.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "report/messages.hpp"
#include "version.hpp"

namespace vmrotate::cli {
namespace {

std::string as_text(const credstore::Answer& answer)
{
    return fmt::format("{} ({})", answer.place, answer.answer);
}

void say_who_answered(const Context& context, const credstore::Lookup& lookup)
{
    std::ostream& err = context.environment.err;
    fmt::print(err, "the logon comes from {}\n", report::printable(lookup.place));
    for (const credstore::Answer& other : lookup.others)
        fmt::print(err, "  not from {}\n", report::printable(as_text(other)));
}

Error nobody_has_it(const credstore::Account& account, const credstore::Lookup& lookup)
{
    std::vector<std::string> places;
    for (const credstore::Answer& other : lookup.others)
        places.push_back(as_text(other));
    return {ErrorKind::logon,
            fmt::format("no logon for {} in {}", whose(account), fmt::join(places, ", nor in ")),
            fmt::format("run 'vmrotate credential add --vcenter {} --user {}'", account.server,
                        account.user.empty() ? "ACCOUNT" : account.user)};
}

}  // namespace

std::string whose(const credstore::Account& account)
{
    if (account.user.empty())
        return fmt::format("any account at '{}'", account.server);
    return fmt::format("'{}' at '{}'", account.user, account.server);
}

Session::Session(credstore::Credential credential, Environment& environment, Connection connection)
    : credential_(std::move(credential))
{
    connection.logon = {credential_.account.user, credential_.password.reveal()};
    try {
        vsphere_ = environment.connect(connection);
    } catch (const vimclient::Fault& fault) {
        throw job::explain(fault, fmt::format("log in to '{}' as '{}'", credential_.account.server,
                                              credential_.account.user));
    }
}

credstore::StoreChoice store_of(const Context& context, const config::Vcenter& vcenter)
{
    const Paths& paths = context.environment.paths;
    return credstore::store_choice(vcenter.store, vcenter.key_file,
                                   {credstore::StoreKind::usual, paths.store, paths.key_file});
}

credstore::Chain open_stores(const Context& context, const config::Vcenter& vcenter)
{
    return context.environment.open_stores(store_of(context, vcenter));
}

vimclient::Endpoint endpoint_of(const config::Vcenter& vcenter)
{
    if (vcenter.server.empty())
        throw Error(ErrorKind::usage, "no vCenter is named",
                    "give --vcenter HOST, or 'server' under [vcenter] in the configuration");
    try {
        return vimclient::parse_endpoint(vcenter.server);
    } catch (const std::invalid_argument& e) {
        throw Error(ErrorKind::usage, e.what());
    }
}

credstore::Credential find_credential(const Context& context, const config::Vcenter& vcenter)
{
    const credstore::Account account{vimclient::to_string(endpoint_of(vcenter)), vcenter.user};
    credstore::Lookup lookup = open_stores(context, vcenter).find(account);
    if (!lookup.credential)
        throw nobody_has_it(account, lookup);
    if (context.globals.verbose)
        say_who_answered(context, lookup);
    return std::move(*lookup.credential);
}

Session open_session(const Context& context, const config::Vcenter& vcenter,
                     const vimclient::Patience& patience)
{
    return open_session(context, vcenter, patience, find_credential(context, vcenter));
}

Session open_session(const Context& context, const config::Vcenter& vcenter,
                     const vimclient::Patience& patience, credstore::Credential credential)
{
    Connection connection;
    connection.endpoint = endpoint_of(vcenter);
    connection.trust.ca_file = vcenter.ca_file;
    connection.trust.fingerprint = vcenter.fingerprint;
    if (vcenter.fingerprint.empty())
        connection.trust.fingerprint = credential.fingerprint;
    connection.patience = patience;
    connection.patience.retry_for = vcenter.retry_for;
    connection.patience.reply = vcenter.reply_timeout;
    connection.user_agent = fmt::format("vmrotate/{} {}", version, context.environment.random_id());
    return {std::move(credential), context.environment, std::move(connection)};
}

std::unique_ptr<job::Hints> open_hints(const Context& context, Session& session)
{
    const Environment& environment = context.environment;
    if (!environment.open_hints || environment.paths.state.empty())
        return {};
    return environment.open_hints(environment.paths.state, session.vsphere().server().instance_uuid,
                                  [&context](const std::string& why) {
                                      if (context.globals.verbose)
                                          fmt::print(context.environment.err, "{}\n",
                                                     report::printable(why));
                                  });
}

vimclient::Patience patience_of(const std::vector<config::Assignment>& assignments)
{
    vimclient::Patience patience;
    patience.task_wait = patience.removal = patience.task_limit = std::chrono::seconds{0};
    for (const config::Assignment& assignment : assignments) {
        const config::Policy& policy = assignment.policy;
        patience.task_wait = std::max(patience.task_wait, policy.task_wait);
        patience.removal = std::max(patience.removal, policy.removal_wait);
        patience.task_limit = std::max(patience.task_limit, policy.task_limit);
    }
    return patience;
}

}  // namespace vmrotate::cli
