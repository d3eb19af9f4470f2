// SPDX-License-Identifier: GPL-3.0-or-later
#include "commands/command_words.hpp"

#include "base/error.hpp"

namespace vmrotate::cli {
namespace {

[[noreturn]] void refuse(const char* why)
{
    throw Error(ErrorKind::usage, std::string("cannot take the command apart: ") + why,
                "quote words as for a shell, or put the command into a script of its own");
}

/// Reads one word after the other from the front of a text.
class Words {
public:
    explicit Words(std::string_view text) : text_(text) {}

    bool next(std::string& word)
    {
        while (!at_end() && is_blank(text_[at_]))
            ++at_;
        if (at_end())
            return false;
        word.clear();
        while (!at_end() && !is_blank(text_[at_]))
            take_part(word);
        return true;
    }

private:
    bool at_end() const { return at_ == text_.size(); }
    static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

    char take()
    {
        if (at_end())
            refuse("it ends within quotes, or with a backslash");
        return text_[at_++];
    }

    void take_part(std::string& word)
    {
        const char c = take();
        if (c == '\\')
            word += take();
        else if (c == '\'')
            for (char quoted = take(); quoted != '\''; quoted = take())
                word += quoted;
        else if (c == '"')
            take_double_quoted(word);
        else
            word += c;
    }

    void take_double_quoted(std::string& word)
    {
        for (char c = take(); c != '"'; c = take()) {
            if (c != '\\') {
                word += c;
                continue;
            }
            c = take();
            if (std::string_view("\\\"$`").find(c) == std::string_view::npos)
                word += '\\';
            word += c;
        }
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

std::vector<std::string> split_words(std::string_view text)
{
    if (text.find('\0') != std::string_view::npos)
        refuse("it has a NUL character");
    std::vector<std::string> words;
    Words reader(text);
    for (std::string word; reader.next(word);)
        words.push_back(word);
    if (words.empty())
        refuse("it is empty");
    return words;
}

}  // namespace vmrotate::cli
