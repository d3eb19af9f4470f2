// SPDX-License-Identifier: GPL-3.0-or-later
#include "secret.hpp"

#include <limits>
#include <new>
#include <utility>

#include <openssl/crypto.h>
#include <sys/mman.h>
#include <unistd.h>

namespace credstore {

namespace {

std::size_t whole_pages(std::size_t size)
{
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    if (size > std::numeric_limits<std::size_t>::max() - page)
        throw std::bad_alloc();
    return (size + page - 1) / page * page;
}

}  // namespace

Secret::Secret(std::string_view text) : Secret(of_size(text.size()))
{
    text.copy(data_, text.size());
}

Secret Secret::of_size(std::size_t size)
{
    Secret secret;
    if (size == 0)
        return secret;

    const std::size_t mapped = whole_pages(size);
    void* const pages =
        ::mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (pages == MAP_FAILED)
        throw std::bad_alloc();
    ::mlock(pages, mapped);
    ::madvise(pages, mapped, MADV_DONTDUMP);

    secret.data_ = static_cast<char*>(pages);
    secret.size_ = size;
    secret.mapped_ = mapped;
    return secret;
}

Secret::~Secret()
{
    clear();
}

Secret::Secret(Secret&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      size_(std::exchange(other.size_, 0)),
      mapped_(std::exchange(other.mapped_, 0))
{
}

Secret& Secret::operator=(Secret&& other) noexcept
{
    Secret taken(std::move(other));
    std::swap(data_, taken.data_);
    std::swap(size_, taken.size_);
    std::swap(mapped_, taken.mapped_);
    return *this;
}

void Secret::clear() noexcept
{
    if (data_ == nullptr)
        return;
    OPENSSL_cleanse(data_, mapped_);
    ::munmap(data_, mapped_);
    data_ = nullptr;
    size_ = 0;
    mapped_ = 0;
}

}  // namespace credstore
