// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/session.hpp"

#include <algorithm>
#include <stdexcept>

#include <fmt/format.h>

#include "base/error.hpp"
#include "job/explain.hpp"
#include "version.hpp"

namespace vmrotate::cli {
namespace {

std::filesystem::path or_usual(const std::string& given, const std::filesystem::path& usual)
{
    return given.empty() ? usual : std::filesystem::path(given);
}

credstore::Credential find_credential(const Context& context, const config::Vcenter& vcenter,
                                      const vimclient::Endpoint& endpoint)
{
    const auto store = open_store(context, vcenter);
    const credstore::Account account{vimclient::to_string(endpoint), vcenter.user};
    auto found = store->find(account);
    if (found)
        return std::move(*found);
    throw Error(ErrorKind::logon,
                fmt::format("no logon for {} at '{}' in {}",
                            account.user.empty() ? "any account"
                                                 : fmt::format("the account '{}'", account.user),
                            account.server, store->describe()),
                fmt::format("run 'vmrotate credential add --vcenter {} --user {}'", account.server,
                            account.user.empty() ? "ACCOUNT" : account.user));
}

}  // namespace

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

std::unique_ptr<credstore::CredentialStore> open_store(const Context& context,
                                                       const config::Vcenter& vcenter)
{
    const Paths& paths = context.environment.paths;
    const auto store = or_usual(vcenter.store, paths.store);
    std::filesystem::path key = paths.key_file;
    if (!vcenter.store.empty())
        key = store.string() + ".key";
    return context.environment.open_store(store, or_usual(vcenter.key_file, key));
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

Session open_session(const Context& context, const config::Vcenter& vcenter,
                     const vimclient::Patience& patience)
{
    return open_session(context, vcenter, patience,
                        find_credential(context, vcenter, endpoint_of(vcenter)));
}

Session open_session(const Context& context, const config::Vcenter& vcenter,
                     const vimclient::Patience& patience, credstore::Credential credential)
{
    Connection connection;
    connection.endpoint = endpoint_of(vcenter);
    connection.trust.ca_file = vcenter.ca_file;
    connection.trust.fingerprint = vcenter.fingerprint;
    if (vcenter.fingerprint.empty() && vcenter.ca_file.empty())
        connection.trust.fingerprint = credential.fingerprint;
    connection.patience = patience;
    connection.patience.retry_for = vcenter.retry_for;
    connection.patience.reply = vcenter.reply_timeout;
    connection.user_agent = fmt::format("vmrotate/{} {}", version, context.environment.random_id());
    return {std::move(credential), context.environment, std::move(connection)};
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
