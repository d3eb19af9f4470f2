// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <nlohmann/json.hpp>

#include "import.hpp"
#include "import_text.hpp"
#include "text_forms.hpp"

namespace credstore {
namespace {

using Json = nlohmann::json;

constexpr std::size_t max_json_depth = 3;

[[noreturn]] void refuse_json(const std::string& why)
{
    throw StoreError("cannot import it: " + why,
                     "it must be what this prints: Get-VICredentialStoreItem | Select "
                     "Host,User,Password | ConvertTo-Json");
}

/// Takes the objects one by one, and wipes each text once it is taken. What it cannot reach: the
/// parser's own copy of each token, which stays in freed memory until that is used again.
class JsonReader final : public nlohmann::json_sax<Json> {
public:
    explicit JsonReader(Imported& imported) : imported_(imported) {}

    bool null() override { return other_value(); }
    bool boolean(bool) override { return other_value(); }
    bool number_integer(number_integer_t) override { return other_value(); }
    bool number_unsigned(number_unsigned_t) override { return other_value(); }
    bool number_float(number_float_t, const string_t&) override { return other_value(); }
    bool binary(binary_t&) override { return other_value(); }

    bool string(string_t& text) override
    {
        if (depth_ != object_depth_ || object_depth_ == 0)
            return other_value();
        if (key_ == "Host")
            account_.server = lower_case(text);
        else if (key_ == "User")
            account_.user = text;
        else if (key_ == "Password")
            password_ = Secret(text);
        OPENSSL_cleanse(text.data(), text.size());
        return true;
    }

    bool start_object(std::size_t) override
    {
        nest();
        if (object_depth_ != 0)
            refuse_json("an object stands within an object");
        if (++objects_ > max_imported)
            refuse_json("it has more than 1024 logons");
        object_depth_ = depth_;
        account_ = {};
        password_.clear();
        return true;
    }

    bool end_object() override
    {
        object_depth_ = 0;
        --depth_;
        take_over();
        return true;
    }

    bool start_array(std::size_t) override
    {
        nest();
        if (object_depth_ != 0)
            refuse_json("an array stands within an object");
        return true;
    }

    bool end_array() override
    {
        --depth_;
        return true;
    }

    bool key(string_t& name) override
    {
        key_ = name;
        return true;
    }

    bool parse_error(std::size_t position, const std::string&, const Json::exception&) override
    {
        refuse_json(fmt::format("it is no JSON, at byte {}", position));
    }

private:
    void nest()
    {
        if (++depth_ > max_json_depth)
            refuse_json("it is nested too deeply");
    }

    bool other_value() const
    {
        if (object_depth_ == 0)
            refuse_json("it is no object and no array of objects");
        return true;
    }

    void take_over()
    {
        if (account_.server.empty() || account_.user.empty())
            imported_.refused.emplace_back("an object has no Host or no User");
        else if (password_.empty())
            imported_.refused.push_back(name_of(account_) + ": it has no password");
        else
            imported_.credentials.push_back({account_, std::move(password_)});
    }

    Imported& imported_;
    std::size_t depth_ = 0, object_depth_ = 0, objects_ = 0;
    std::string key_;
    Account account_;
    Secret password_;
};

}  // namespace

Imported read_powercli_json(std::string_view text)
{
    const Secret utf8 = as_utf8(text);
    Imported imported;
    JsonReader reader(imported);
    Json::sax_parse(utf8.reveal(), &reader);
    settle(imported);
    return imported;
}

}  // namespace credstore
