// What a server gives up before it opens anything, because it never needs it. For main, before any thread
// starts.
#pragma once

namespace latchkey {

enum class core_dumps { off, on };

// No program that it may start gains privileges (PR_SET_NO_NEW_PRIVS). With core_dumps::off, which is as good
// as it gets, a crash leaves no memory behind, and so no secret: neither in a file nor with a crash handler
// of the system, which the size limit alone would not keep away (core(5)).
void harden_process(core_dumps dumps) noexcept;

} // namespace latchkey
