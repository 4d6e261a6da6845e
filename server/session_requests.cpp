// The half of the session that knows no socket: from the bytes in the input buffer to answers in out_.
#include "server/request_id.hpp"
#include "server/session.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <new>

namespace latchkey {
namespace {

// Some ten microseconds of verifications.
constexpr unsigned requests_of_one_time = 16;

// So many requests that are alike are looked at together.
constexpr std::size_t alike_at_once = 16;

bool says_no_memory(const std::exception_ptr& thrown) noexcept
{
    try {
        std::rethrow_exception(thrown);
    } catch (const std::bad_alloc&) {
        return true;
    } catch (...) {
        return false;
    }
}

} // namespace

session::step session::advance()
{
    host_.outputs.lend(out_);
    turn_time time;
    for (unsigned taken = 1; !closing_; ++taken) {
        if (taken % requests_of_one_time == 0) time.renew();
        if (out_.size() - sent_ >= host_.limits.flush_bytes) return step::flush;
        const step next = in_body_ ? read_body() : read_head();
        if (next != step::go_on) return next;
    }
    return step::finish;
}

session::step session::read_head()
{
    if (begin_ == end_) {
        begin_ = end_ = 0;
        closing_ = linger_ = host_.draining;
        if (phase_ != phase::idle) enter(phase::idle);
        return closing_ ? step::go_on : step::read;
    }
    if (skip_blank_line()) return step::go_on;

    switch (parse_head()) {
    case parse_progress::need_more:
        if (phase_ != phase::reading_head) enter(phase::reading_head);
        shift_input();
        return step::read;
    case parse_progress::refused: finish_with(parser_->why()); return step::go_on;
    case parse_progress::done: break;
    }
    return begin_request();
}

bool session::skip_blank_line()
{
    if (blank_line_skipped_ || !input(begin_, end_).starts_with("\r\n")) return false;
    blank_line_skipped_ = true;
    begin_ += 2;
    return true;
}

parse_progress session::parse_head()
{
    const std::string_view bytes = input(begin_, end_);
    if (last_head_.repeats_in(bytes)) {
        expect_tokens(bytes);
        return parse_progress::done;
    }
    last_head_.forget();
    expected_ = 0;
    request_ = request{};
    request_.peer = peer_.address;
    request_.peer_is_local_socket = peer_.is_local_socket;
    request_.through = peer_.through;
    parser_.emplace(request_, host_.limits);
    // The blank line that is forgiven may itself be cut in two.
    if (!blank_line_skipped_ && bytes == "\r") return parse_progress::need_more;
    const parse_progress progress = parser_->read_head(bytes);
    if (progress == parse_progress::done && !request_.has_body && !parser_->expects_continue()) {
        last_head_.remember(bytes.substr(0, parser_->head_size()), request_);
    }
    return progress;
}

// Memory is fetched for this request while the rest of its head is looked at; and where others have arrived
// that are like this one, for all of them at once, so that they wait for it together. With hashing before the
// lookup, a twentieth of a verification alone and a fifth of a pipelined one (./dev bench verify).
void session::expect_tokens(std::string_view bytes) noexcept
{
    if (expected_ == 0) {
        const auto tell = [&](lookup_comes when) {
            std::size_t told = 0;
            for (std::string_view rest = bytes; told < alike_at_once; ++told) {
                const std::string_view token = last_head_.token_in(rest);
                if (token.empty()) break;
                host_.handler.expect(token, when);
                rest.remove_prefix(std::min(last_head_.size(), rest.size()));
            }
            return told;
        };
        expected_ = tell(lookup_comes::later);
        if (expected_ > 1) tell(lookup_comes::next);
    }
    if (expected_ > 0) --expected_;
}

session::step session::begin_request()
{
    request_.id = fresh_request_id();
    body_at_ = begin_ + parser_->head_size();
    body_.clear();
    const bool body_begun = end_ > body_at_;
    const bool whole = is_body_whole();
    if (closing_) return step::go_on;
    const bool too_large =
        parser_->content_length() > host_.limits.body_bytes || parser_->why() != protocol_error::none;
    request_.awaits_body = !whole || too_large;
    const bool keep_alive = request_.keep_alive && !host_.draining;

    const head_verdict verdict = ask_for_head(keep_alive && whole);
    if (closing_) return step::go_on;
    switch (verdict) {
    case head_verdict::answered:
        linger_ = !whole;
        finish_request(keep_alive && whole);
        return step::go_on;
    case head_verdict::ignores_body: linger_ = !whole; return handle_with({}, keep_alive && whole);
    case head_verdict::wants_body: break;
    }
    if (too_large) {
        finish_with(protocol_error::body_too_large);
        return step::go_on;
    }
    if (!whole) return begin_body(parser_->expects_continue() && !body_begun);
    if (parser_->is_chunked()) return handle_with(body_, keep_alive);
    return handle_with(input(body_at_, next_), keep_alive);
}

// Whether all of the announced body is in the buffer; sets next_ if it is. If it is not, the request is at
// the front of the buffer afterwards: the handler may keep views from answer_from_head() to answer(), so
// nothing is moved in between. Ends the connection if chunks are malformed; a chunked body that is too
// large is left for those who want it to complain about.
bool session::is_body_whole()
{
    if (!parser_->is_chunked()) {
        const bool whole = parser_->content_length() <= end_ - body_at_;
        next_ = whole ? body_at_ + static_cast<std::size_t>(parser_->content_length()) : end_;
        if (!whole) move_request_to_front();
        return whole;
    }
    move_request_to_front();
    const parse_progress progress = read_chunks();
    if (progress == parse_progress::refused && parser_->why() != protocol_error::body_too_large)
        finish_with(parser_->why());
    return progress == parse_progress::done;
}

session::step session::begin_body(bool continue_wanted)
{
    in_body_ = true;
    enter(phase::reading_body);
    if (continue_wanted) out_.append("HTTP/1.1 100 Continue\r\n\r\n");
    if (!parser_->is_chunked()) {
        body_in_place_ = parser_->content_length() <= capacity_ - body_at_;
        collect_body();
    }
    return await_body();
}

session::step session::await_body()
{
    if (buffers_.hold(body_memory())) return step::read;
    std::string{}.swap(body_);
    finish_with(protocol_error::no_memory);
    return step::go_on;
}

std::size_t session::body_memory() const noexcept
{
    return body_.capacity() == std::string{}.capacity() ? 0 : body_.capacity();
}

session::step session::read_body()
{
    const bool keep_alive = request_.keep_alive;
    if (!parser_->is_chunked()) {
        if (!collect_body()) return await_body();
        return handle_with(body_in_place_ ? input(body_at_, next_) : body_, keep_alive);
    }
    switch (read_chunks()) {
    case parse_progress::need_more: return await_body();
    case parse_progress::refused: finish_with(parser_->why()); return step::go_on;
    case parse_progress::done: break;
    }
    return handle_with(body_, keep_alive);
}

// Takes what has arrived of a body of known length. True once it is whole.
bool session::collect_body()
{
    const auto length = static_cast<std::size_t>(parser_->content_length()); // limited, so it fits
    const std::size_t missing = length - body_.size();
    const std::size_t taken = std::min(missing, end_ - body_at_);
    next_ = body_at_ + taken;
    if (body_in_place_) {
        progress_ = taken;
        return taken == length;
    }
    body_.append(input(body_at_, next_));
    progress_ = body_.size();
    if (taken == missing) return true;
    end_ = body_at_; // the same space again
    return false;
}

parse_progress session::read_chunks()
{
    std::size_t taken = 0;
    const parse_progress progress = parser_->read_chunks(input(body_at_, end_), body_, taken);
    progress_ = body_.size();
    next_ = body_at_ + taken;
    if (progress == parse_progress::need_more) {
        std::memmove(input_.get() + body_at_, input_.get() + next_, end_ - next_);
        end_ -= taken;
    }
    return progress;
}

// So that there is space behind what has arrived of a request. Ends the life of all views into it.
void session::shift_input()
{
    if (begin_ == 0) return;
    std::memmove(input_.get(), input_.get() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
}

void session::move_request_to_front()
{
    if (begin_ == 0) return;
    shift_input();
    const uuid id = request_.id;
    parse_head(); // the same bytes: done, with the views where the bytes are now
    request_.id = id;
    body_at_ = parser_->head_size();
    next_ = end_;
}

head_verdict session::ask_for_head(bool keep_alive)
{
    const std::size_t answered = out_.size();
    try {
        return host_.handler.answer_from_head(request_, out_, keep_alive);
    } catch (...) {
        report_exception(std::current_exception(), answered);
    }
    return head_verdict::answered;
}

session::step session::handle_with(std::string_view body, bool keep_alive)
{
    request_.body = body;
    keep_alive_ = keep_alive;
    return step::handle;
}

// Those behind the current request, which is about to be asked, that can be asked with it. They count as
// followers of the shard until they are answered.
std::vector<session::follower> session::take_followers()
{
    std::vector<follower> taken;
    if (!request_.found || !keep_alive_) return taken;
    const std::size_t most = std::min(alike_at_once - 1, host_.limits.followers - host_.followers);
    for (std::size_t at = next_; taken.size() < most; at += last_head_.size()) {
        const std::optional<request> alike = last_head_.request_in(input(at, end_), request_);
        if (!alike) break;
        follower& one = taken.emplace_back(follower{*alike, false, {}, {}});
        one.asked.id = fresh_request_id();
        one.is_told = host_.handler.answer_from_head(one.asked, one.told, true) == head_verdict::answered;
    }
    host_.followers += taken.size();
    expected_ -= std::min(expected_, taken.size());
    return taken;
}

// Once the current request is finished. Behind the end of the connection nothing is answered; but a stop of
// the server is no reason to drop what has been asked.
void session::finish_followers(const std::vector<follower>& others)
{
    for (const follower& one : others) {
        if (closing_) return;
        next_ = begin_ + last_head_.size(); // no body is behind a head that repeats
        const bool is_end = host_.draining && &one == &others.back();
        const bool keep_alive = !one.answer.close && !is_end;
        if (one.is_told)
            out_.append(one.told);
        else
            append_response(out_, one.asked, one.answer, keep_alive);
        finish_request(keep_alive);
    }
}

void session::finish_request(bool keep_alive)
{
    begin_ = next_;
    if (begin_ == end_) begin_ = end_ = 0;
    in_body_ = false;
    blank_line_skipped_ = false;
    if (body_.capacity() > host_.limits.kept_bytes) std::string{}.swap(body_);
    buffers_.keep(body_memory());
    enter(phase::idle);
    if (keep_alive) return;
    closing_ = true;
    // Whoever was not done, or did not know that this was the end, may be sending still.
    linger_ = linger_ || begin_ != end_ || request_.keep_alive;
}

void session::finish_with(protocol_error why)
{
    if (request_.id.is_nil()) request_.id = fresh_request_id();
    append_response(out_, request_, to_response(why), false);
    closing_ = true;
    linger_ = true;
}

void session::report_exception(std::exception_ptr thrown, std::size_t answered)
{
    out_.resize(answered); // what the handler began to append is not an answer
    const bool is_short_of_memory = says_no_memory(thrown);
    if (host_.on_exception) host_.on_exception(request_, std::move(thrown));
    finish_with(is_short_of_memory ? protocol_error::no_memory : protocol_error::internal);
}

} // namespace latchkey
