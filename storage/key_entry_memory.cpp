#include "storage/key_entry_memory.hpp"

#include <cstdlib>
#include <memory>
#include <new>
#include <sanitizer/asan_interface.h>
#include <sys/mman.h>
#include <utility>
#include <vector>

namespace latchkey {
namespace {

constexpr std::size_t huge_page = 2 * 1024 * 1024;

// Aligned, so that it can be one page: of twice the size, the ends are given back.
std::byte* map_huge_page()
{
    constexpr int access = PROT_READ | PROT_WRITE;
    void* const mapped = ::mmap(nullptr, 2 * huge_page, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc{};
    auto* const begin = static_cast<std::byte*>(mapped);
    const std::size_t before = -reinterpret_cast<std::uintptr_t>(begin) % huge_page;
    if (before != 0) ::munmap(begin, before);
    ::munmap(begin + before + huge_page, huge_page - before);
    ::madvise(begin + before, huge_page, MADV_HUGEPAGE); // a wish: small pages serve as well
    return begin + before;
}

} // namespace

void* key_entry_memory::take()
{
    const std::lock_guard hold{mutex_};
    if (free_ != nullptr) {
        free_slot* const slot = std::exchange(free_, free_->next);
        ASAN_UNPOISON_MEMORY_REGION(slot, size_);
        return slot;
    }
    if (unused_size_ < size_) {
        unused_ = map_huge_page();
        unused_size_ = huge_page;
    }
    unused_size_ -= size_;
    return std::exchange(unused_, unused_ + size_);
}

void key_entry_memory::give_back(void* slot) noexcept
{
    const std::lock_guard hold{mutex_};
    free_ = new (slot) free_slot{free_};
    // So that AddressSanitizer sees a use of the entry after its end.
    ASAN_POISON_MEMORY_REGION(static_cast<std::byte*>(slot) + sizeof(free_slot), size_ - sizeof(free_slot));
}

} // namespace latchkey
