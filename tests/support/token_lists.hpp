// Lists of tokens as a whole, for tests that do not care for pages.
#pragma once

#include "storage/store.hpp"

#include <iterator>
#include <memory>
#include <vector>

namespace latchkey::test {

inline task<result<std::vector<key_listing>>> all_of(std::unique_ptr<token_list> list)
{
    std::vector<key_listing> all;
    while (true) {
        result<std::vector<key_listing>> page = co_await list->next();
        if (!page) co_return page.error();
        if (page->empty()) co_return all;
        std::move(page->begin(), page->end(), std::back_inserter(all));
    }
}

} // namespace latchkey::test
