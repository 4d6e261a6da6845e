// The parser of heads and chunks by itself. A head is refused or read alike however many of its bytes have
// arrived, and all it keeps lies within those bytes; chunks decode alike however they are cut.
#include "server/request_parser.hpp"
#include "storage/utf8.hpp"
#include "tests/fuzz/target.hpp"

#include <string>

namespace latchkey::fuzz {
namespace {

constexpr http_limits limits{
    .head_bytes = 2048, .head_fields = 20, .body_bytes = 4096, .chunk_framing_bytes = 128};

void check_views(const request& read, std::string_view bytes)
{
    // The path of "http://host", which is not among the bytes.
    const char* const root_path = read.path == "/" ? read.path.data() : nullptr;
    for (const std::string_view view : {read.method_text,
                                        read.target,
                                        read.path,
                                        read.query,
                                        read.host,
                                        read.authorization,
                                        read.session_token,
                                        read.cookie,
                                        read.user_agent,
                                        read.csrf_token,
                                        read.bypass_limit,
                                        read.forwarded_for}) {
        if (view.empty() || view.data() == root_path) continue;
        MUST(view.data() >= bytes.data() && view.data() + view.size() <= bytes.data() + bytes.size());
        MUST(view.find_first_of(std::string_view{"\r\n\0", 3}) == std::string_view::npos);
    }
}

// Feeds `bytes` in pieces. What could not be taken is given again with more behind it.
parse_progress
decode_in_pieces(request_parser& parser, std::string_view bytes, choices cuts, std::string& body)
{
    std::size_t begin = 0;
    std::size_t end = 0;
    while (end < bytes.size()) {
        end = std::min(bytes.size(), end + 1 + cuts.byte() % 16);
        std::size_t taken = 0;
        const parse_progress progress = parser.read_chunks(bytes.substr(begin, end - begin), body, taken);
        MUST(taken <= end - begin);
        begin += taken;
        if (progress != parse_progress::need_more) return progress;
    }
    return parse_progress::need_more;
}

void decode_chunks(std::string_view head, std::string_view bytes, choices cuts)
{
    request first;
    request second;
    request_parser whole{first, limits};
    request_parser cut{second, limits};
    MUST(whole.read_head(head) == parse_progress::done && cut.read_head(head) == parse_progress::done);
    std::string at_once;
    std::string in_pieces;
    std::size_t taken = 0;
    const parse_progress one = whole.read_chunks(bytes, at_once, taken);
    const parse_progress other = decode_in_pieces(cut, bytes, cuts, in_pieces);
    MUST(taken <= bytes.size() && at_once.size() <= limits.body_bytes &&
         in_pieces.size() <= limits.body_bytes);
    MUST(one == other);
    if (one == parse_progress::done) MUST(at_once == in_pieces);
}

// A version that is not ours is told from nonsense by where its line seems to end, and that may not have
// come.
protocol_error reason_of(const request_parser& parser)
{
    const protocol_error why = parser.why();
    return why == protocol_error::unknown_version ? protocol_error::malformed : why;
}

} // namespace

void play_http_head(std::string_view input)
{
    choices from{input};
    const choices cuts{from.text(8)};
    const std::string_view bytes = from.rest();

    request read;
    request_parser parser{read, limits};
    const parse_progress whole = parser.read_head(bytes);
    // The same of what had arrived before: nothing that is final may change.
    const std::size_t fewer = bytes.empty() ? 0 : choices{cuts}.byte() * bytes.size() / 256;
    request early;
    request_parser earlier{early, limits};
    const parse_progress before = earlier.read_head(bytes.substr(0, fewer));
    if (before == parse_progress::done) MUST(whole == before && earlier.head_size() == parser.head_size());
    if (before == parse_progress::refused) MUST(whole == before && reason_of(earlier) == reason_of(parser));

    if (whole == parse_progress::refused) MUST(parser.why() != protocol_error::none);
    if (whole != parse_progress::done) return;
    MUST(parser.head_size() <= bytes.size());
    const std::string_view head = bytes.substr(0, parser.head_size());
    check_views(read, head);
    MUST(!read.path.empty() && is_utf8(read.target));
    if (parser.is_chunked()) MUST(parser.content_length() == 0);
    if (parser.is_chunked()) decode_chunks(head, bytes.substr(head.size()), cuts);
}

} // namespace latchkey::fuzz
