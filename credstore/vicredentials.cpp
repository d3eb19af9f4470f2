// SPDX-License-Identifier: GPL-3.0-or-later
#include <deque>
#include <memory>
#include <new>
#include <type_traits>
#include <utility>

#include <expat.h>
#include <fmt/format.h>
#include <openssl/crypto.h>

#include "dpapi.hpp"
#include "import.hpp"
#include "import_text.hpp"
#include "text_forms.hpp"
#include "vicredentials_password.hpp"

namespace credstore {
namespace {

constexpr std::size_t max_xml_depth = 8, max_value_size = 8192;

/// Its password can be read by all who know the format: it is wiped at the end, and never copied.
struct PasswordEntry {
    std::string host, user, password;

    PasswordEntry() = default;
    ~PasswordEntry() { OPENSSL_cleanse(password.data(), password.size()); }
    PasswordEntry(const PasswordEntry&) = delete;
    PasswordEntry& operator=(const PasswordEntry&) = delete;
};

using PasswordEntries = std::deque<PasswordEntry>;

/// Leaves nothing of the text in freed memory where it has to move.
void append_wiping(std::string& text, std::string_view more)
{
    if (text.size() + more.size() > text.capacity()) {
        std::string larger;
        larger.reserve(2 * (text.size() + more.size()));
        larger.append(text);
        OPENSSL_cleanse(text.data(), text.size());
        text.swap(larger);
    }
    text.append(more);
}

[[noreturn]] void refuse_xml(const std::string& why)
{
    throw StoreError("cannot import it: " + why, "it must be a vicredentials.xml of VMware's SDKs");
}

/// Collects the entries while expat reads. Expat is C: what goes wrong is kept and thrown later.
class XmlReader {
public:
    explicit XmlReader(XML_Parser parser) : parser_(parser)
    {
        XML_SetUserData(parser, this);
        XML_SetElementHandler(parser, begin, end);
        XML_SetCharacterDataHandler(parser, text);
        XML_SetStartDoctypeDeclHandler(parser, doctype);
    }

    const std::string& problem() const { return problem_; }
    PasswordEntries take_entries() { return std::move(entries_); }

private:
    static XmlReader& of(void* self) { return *static_cast<XmlReader*>(self); }

    static void begin(void* self, const char* name, const char**) noexcept
    {
        of(self).begin_element(name);
    }

    static void end(void* self, const char*) noexcept { of(self).end_element(); }

    static void text(void* self, const char* characters, int size) noexcept
    {
        of(self).take({characters, static_cast<std::size_t>(size)});
    }

    static void doctype(void* self, const char*, const char*, const char*, int) noexcept
    {
        of(self).stop("it has a document type, which no such file has");
    }

    void stop(const char* why)
    {
        problem_ = why;
        XML_StopParser(parser_, XML_FALSE);
    }

    void begin_element(std::string_view name)
    {
        value_ = nullptr;
        ++depth_;
        if (depth_ > max_xml_depth)
            return stop("its elements are nested too deeply");
        if (depth_ == 1 && name != "viCredentials")
            return stop("its first element is not viCredentials");
        if (depth_ == 2 && name == "passwordEntry") {
            if (entries_.size() == max_imported)
                return stop("it has more than 1024 entries");
            entries_.emplace_back();
            in_entry_ = true;
        }
        if (depth_ == 3 && in_entry_)
            value_ = value_called(name);
    }

    void end_element()
    {
        value_ = nullptr;
        --depth_;
        in_entry_ = in_entry_ && depth_ > 1;
    }

    void take(std::string_view characters)
    {
        if (value_ == nullptr)
            return;
        if (value_->size() + characters.size() > max_value_size)
            return stop("one of its values is too long");
        append_wiping(*value_, characters);
    }

    std::string* value_called(std::string_view name)
    {
        PasswordEntry& entry = entries_.back();
        if (name == "host")
            return &entry.host;
        if (name == "username")
            return &entry.user;
        return name == "password" ? &entry.password : nullptr;
    }

    XML_Parser parser_;
    std::size_t depth_ = 0;
    bool in_entry_ = false;
    std::string* value_ = nullptr;  ///< what the text that comes belongs to
    PasswordEntries entries_;
    std::string problem_;
};

PasswordEntries entries_of(std::string_view xml)
{
    struct Free {
        void operator()(XML_Parser parser) const { XML_ParserFree(parser); }
    };
    const std::unique_ptr<std::remove_pointer_t<XML_Parser>, Free> parser(
        XML_ParserCreate(nullptr));
    if (parser == nullptr)
        throw std::bad_alloc();
    XmlReader reader(parser.get());
    const auto status = XML_Parse(parser.get(), xml.data(), static_cast<int>(xml.size()), XML_TRUE);
    if (!reader.problem().empty())
        refuse_xml(reader.problem());
    if (status != XML_STATUS_OK)
        refuse_xml(fmt::format("line {}: {}", XML_GetCurrentLineNumber(parser.get()),
                               XML_ErrorString(XML_GetErrorCode(parser.get()))));
    return reader.take_entries();
}

std::string_view trimmed(std::string_view text)
{
    constexpr const char* blanks = " \t\r\n";
    const auto first = text.find_first_not_of(blanks);
    return first == std::string_view::npos
               ? std::string_view()
               : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

void take_over(const PasswordEntry& entry, Imported& imported)
{
    const std::string_view host = trimmed(entry.host);
    const Account account{lower_case(std::string(host)), entry.user};
    if (account.server.empty() || account.user.empty()) {
        imported.refused.emplace_back("an entry names no host or no user");
        return;
    }
    auto password = reveal_vicredentials_password(host, entry.user, trimmed(entry.password));
    if (auto* plain = std::get_if<Secret>(&password))
        imported.credentials.push_back({account, std::move(*plain)});
    else
        imported.refused.push_back(name_of(account) + ": " + std::get<std::string>(password));
}

}  // namespace

Imported read_vicredentials(std::string_view text)
{
    if (has_windows_encryption(as_utf8(text).reveal()))
        throw StoreError("cannot import it: its passwords are encrypted for a Windows account",
                         how_to_export_from_powercli());
    Imported imported;
    for (const PasswordEntry& entry : entries_of(text))
        take_over(entry, imported);
    settle(imported);
    return imported;
}

}  // namespace credstore
