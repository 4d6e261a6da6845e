// Finds the HTTP answers in what a server sent. Most answers to a load are alike to the byte but for a few
// values, so the shape of the last one is tried first: that costs no search. One thread's.
#pragma once

#include <cstddef>
#include <string_view>

namespace latchkey::bench {

struct answer {
    std::size_t size = 0; // of head and body; 0: not whole yet
    unsigned status = 0;
};

class answer_reader {
public:
    // The answer that `bytes` begin with. Throws runtime_error for what is no HTTP/1.1 answer with a
    // Content-Length.
    answer next(std::string_view bytes);

private:
    // Of the last answer, if it had no body.
    struct shape {
        std::size_t size = 0;
        std::size_t length_line = 0;  // where its Content-Length line begins
        std::string_view length_name; // as it is spelt there
        unsigned status = 0;
    };

    bool fits(std::string_view bytes) const noexcept;

    shape last_;
};

} // namespace latchkey::bench
