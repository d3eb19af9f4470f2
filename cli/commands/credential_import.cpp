// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>
#include <map>
#include <stdexcept>

#include <fmt/ostream.h>

#include "base/error.hpp"
#include "commands/credential_verbs.hpp"
#include "commands/session.hpp"
#include "import.hpp"
#include "report/json_lines.hpp"
#include "report/messages.hpp"

namespace vmrotate::cli::credential {
namespace {

enum class Format { vicredentials, powercli_json };

struct ImportOptions : Options {
    std::string file;
    Format format = Format::vicredentials;
    bool replace = false;
};

enum class Fate { added, replaced, kept, refused };

const char* word(Fate fate)
{
    switch (fate) {
        case Fate::added: return "added";
        case Fate::replaced: return "replaced";
        case Fate::kept: return "kept";
        case Fate::refused: break;
    }
    return "refused";
}

credstore::Imported read(const ImportOptions& options, const Context& context)
{
    const auto file =
        context.environment.read_secret_file(options.file, credstore::max_import_size);
    if (file.others_may_read)
        report::write_warning(context.environment.err, options.file,
                              "others may read the passwords in it; delete it once they are here");
    return options.format == Format::vicredentials
               ? credstore::read_vicredentials(file.content.reveal())
               : credstore::read_powercli_json(file.content.reveal());
}

/// As it is written everywhere else: "HOST:443" is "host".
std::string usual_server(const std::string& server)
{
    return vimclient::to_string(vimclient::parse_endpoint(server));
}

/// What becomes of each logon of the file, and does it.
class Import {
public:
    Import(const ImportOptions& options, const Context& context, credstore::Chain& stores)
        : options_(options), context_(context), store_(stores.writable()), listed_(store_.list())
    {
    }

    void take(credstore::Credential credential)
    {
        try {
            credential.account.server = usual_server(credential.account.server);
        } catch (const std::invalid_argument& e) {
            return refuse(fmt::format("{}: {}", whose(credential.account), e.what()));
        }
        const auto old = std::ranges::find(listed_, credential.account, &credstore::Entry::account);
        const bool is_there = old != listed_.end();
        if (is_there)
            credential.fingerprint = old->fingerprint;
        Fate fate = is_there ? Fate::replaced : Fate::added;
        if (is_there && !options_.replace)
            fate = Fate::kept;
        if (fate != Fate::kept && !options_.dry_run && !put(credential))
            fate = Fate::kept;
        tell(credential.account, fate);
    }

    void refuse(const std::string& sentence)
    {
        ++counts_[Fate::refused];
        report::write_warning(context_.environment.err, options_.file, sentence);
    }

    int finish() const
    {
        const std::size_t changes = count(Fate::added) + count(Fate::replaced);
        std::string sentence =
            fmt::format("{} {} into {}", options_.dry_run ? "would take" : "took",
                        count_text(changes), store_.describe());
        if (count(Fate::kept) > 0)
            sentence += fmt::format("; {} there already{}", count_text(count(Fate::kept)),
                                    options_.replace ? "" : ", kept as they are");
        if (count(Fate::refused) > 0)
            sentence += fmt::format("; {} cannot be taken over", count_text(count(Fate::refused)));
        const int code = count(Fate::refused) > 0 ? static_cast<int>(ErrorKind::logon) : 0;
        return credential::finish(context_,
                                  {"import", changes > 0, sentence, options_.dry_run, code});
    }

private:
    bool put(credstore::Credential& credential)
    {
        credential.added = context_.environment.clock.now();
        return store_.put(credential);
    }

    void tell(const credstore::Account& account, Fate fate)
    {
        ++counts_[fate];
        std::ostream& out = context_.environment.out;
        if (context_.globals.json)
            report::write_line(
                out, "credential",
                {{"server", account.server}, {"user", account.user}, {"fate", word(fate)}});
        else if (!context_.globals.quiet)
            fmt::print(out, "{:8}  {}\n", word(fate), report::printable(whose(account)));
    }

    std::size_t count(Fate fate) const
    {
        const auto found = counts_.find(fate);
        return found == counts_.end() ? 0 : found->second;
    }

    const ImportOptions& options_;
    const Context& context_;
    credstore::CredentialStore& store_;
    std::vector<credstore::Entry> listed_;
    std::map<Fate, std::size_t> counts_;
};

int import(const ImportOptions& options, const Context& context)
{
    const auto vcenter = load_config(context, options.server).vcenter;
    auto imported = read(options, context);
    auto stores = open_stores(context, vcenter);
    Import all(options, context, stores);
    for (credstore::Credential& credential : imported.credentials)
        all.take(std::move(credential));
    for (const std::string& sentence : imported.refused)
        all.refuse(sentence);
    return all.finish();
}

}  // namespace

void add_import(CLI::App& group, const Context& context)
{
    const auto options = std::make_shared<ImportOptions>();
    CLI::App* const command =
        add_verb(group, context, "import", "Take logons over from VMware's credential store",
                 options, import, Takes::no_server, DryRun::yes);
    command->add_option("FILE", options->file, "The file to read")->required();
    const std::map<std::string, Format> formats{{"vicredentials", Format::vicredentials},
                                                {"powercli-json", Format::powercli_json}};
    command
        ->add_option("--format", options->format,
                     "vicredentials: vicredentials.xml of the old SDKs; powercli-json: see below "
                     "[vicredentials]")
        ->transform(CLI::CheckedTransformer(formats));
    command->add_flag("--replace", options->replace, "Replace logons that are there already");
    command->footer(
        "They are stored untried; one that is replaced keeps its pin, a new one has none. Try each "
        "with 'vmrotate credential test SERVER'.\n"
        "PowerCLI's own file can be read on its Windows account only. Run there:\n"
        "  Get-VICredentialStoreItem | Select Host,User,Password | ConvertTo-Json > logons.json\n"
        "then here:\n"
        "  vmrotate credential import logons.json --format powercli-json");
}

}  // namespace vmrotate::cli::credential
