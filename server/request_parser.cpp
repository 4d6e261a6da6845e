#include "server/request_parser.hpp"

#include "server/request_target.hpp"
#include "server/revision_header.hpp"
#include "storage/utf8.hpp"

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>

#include <algorithm>
#include <functional>
#include <limits>

namespace latchkey {
namespace {

std::string_view to_view(boost::beast::string_view text) noexcept
{
    return {text.data(), text.size()};
}

bool is_same_name(std::string_view one, std::string_view other) noexcept
{
    return boost::beast::iequals({one.data(), one.size()}, {other.data(), other.size()});
}

// Beast joins the lines of a folded value in a scratch buffer of its own, gone before we could use it,
// or, if only the first line was empty, gives the second one. Either way the value does not follow its name.
bool is_folded(std::string_view name, std::string_view value) noexcept
{
    const char* at = name.data() + name.size() + 1; // behind the colon
    if (std::less<const char*>{}(value.data(), at)) return true;
    if (value.data() - at > std::numeric_limits<std::uint16_t>::max()) return true;
    return std::any_of(at, value.data(), [](char between) { return between != ' ' && between != '\t'; });
}

// Whether the request line ends in a version that is well formed, though not ours.
bool has_foreign_version(std::string_view bytes) noexcept
{
    std::string_view line = bytes.substr(0, bytes.find('\r'));
    const std::size_t space = line.rfind(' ');
    if (space == std::string_view::npos) return false;
    const std::string_view version = line.substr(space + 1);
    const auto is_number = [](char character) { return character >= '0' && character <= '9'; };
    return version.size() == 8 && version.starts_with("HTTP/") && is_number(version[5]) &&
           version[6] == '.' && is_number(version[7]) && version != "HTTP/1.0" && version != "HTTP/1.1";
}

// A body without chunks, "0\r\n\r\n", that is not here in full. Beast, once it has seen the line of the last
// chunk, asserts that it is asked about five bytes or more, and would end the process. (Behind a chunk there
// are that many in any case.) What else may look so is of no use either before more has come.
bool is_part_of_ending(std::string_view bytes) noexcept
{
    return bytes.starts_with('0') && bytes.size() < std::string_view{"0\r\n\r\n"}.size();
}

} // namespace

request_parser::request_parser(request& into, const http_limits& limits) : request_(into), limits_(limits)
{
    // The limits of a head are counted here: Beast's counts from wherever it was continued. The limit of a
    // body depends on whether anybody wants the body, so the session checks an announced length itself.
    header_limit(std::numeric_limits<std::uint32_t>::max());
    body_limit(boost::none);
}

parse_progress request_parser::read_head(std::string_view bytes)
{
    // No more than a head may have, so that it does not matter how much has come behind that.
    bytes = bytes.substr(0, limits_.head_bytes);
    beast_error ec;
    const std::size_t taken = put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
    const bool incomplete = ec == http::error::need_more;
    if (why_ == protocol_error::none && ec && !incomplete) why_ = explain(ec, bytes);
    if (why_ == protocol_error::none && incomplete && bytes.size() == limits_.head_bytes)
        why_ = protocol_error::head_too_large;
    if (why_ != protocol_error::none) return parse_progress::refused;
    if (incomplete) return parse_progress::need_more;

    head_size_ = taken;
    chunked_ = chunked();
    if (!chunked_) content_length_ = basic_parser::content_length().value_or(0);
    request_.keep_alive = keep_alive();
    request_.has_body = chunked_ || content_length_ > 0;
    return parse_progress::done;
}

parse_progress request_parser::read_chunks(std::string_view bytes, std::string& body, std::size_t& taken)
{
    body_ = &body;
    if (chunk_bytes_ == 0) body_limit(limits_.body_bytes);
    beast_error ec;
    taken = 0;
    while (!is_done() && taken < bytes.size() && !is_part_of_ending(bytes.substr(taken)) && !ec) {
        const std::size_t data = body.size();
        const std::size_t size = put(boost::asio::buffer(bytes.data() + taken, bytes.size() - taken), ec);
        taken += size;
        // A chunk line, or the last one with the trailers: too long also when it is here in full.
        if (body.size() == data && size > limits_.chunk_framing_bytes) {
            refuse(protocol_error::excessive_chunking);
            break;
        }
    }
    chunk_bytes_ += taken;
    body_ = nullptr;

    const bool incomplete = ec == http::error::need_more || (!ec && !is_done());
    if (why_ == protocol_error::none && ec && !incomplete)
        why_ = ec == http::error::body_limit ? protocol_error::body_too_large : protocol_error::bad_chunk;
    // What is left over is one unfinished chunk line, or unfinished trailers.
    if (why_ == protocol_error::none && incomplete && bytes.size() - taken > limits_.chunk_framing_bytes)
        why_ = protocol_error::excessive_chunking;
    if (why_ != protocol_error::none) return parse_progress::refused;
    return incomplete ? parse_progress::need_more : parse_progress::done;
}

void request_parser::on_request_impl(
    http::verb method, beast_view method_text, beast_view target, int version, beast_error& ec)
{
    request_.method = method;
    request_.method_text = to_view(method_text);
    request_.target = to_view(target);
    request_.version = static_cast<unsigned>(version);

    const request_target parts = split_target(request_.target);
    request_.path = parts.path;
    request_.query = parts.query;
    absolute_target_ = !parts.authority.empty();
    if (absolute_target_) request_.host = parts.authority;
    if (!parts.valid) {
        refuse(protocol_error::bad_target);
        ec = http::error::bad_target;
    }
}

void request_parser::on_field_impl(http::field field, beast_view name, beast_view value, beast_error& ec)
{
    if (head_done_) return; // trailers: nothing here needs them, and merging them is a classic hole

    if (++fields_ > limits_.head_fields) {
        refuse(protocol_error::too_many_fields);
    } else if (is_folded(to_view(name), to_view(value))) {
        refuse(protocol_error::folded_value);
    } else {
        keep_field(field, to_view(name), to_view(value));
    }
    if (why_ != protocol_error::none) ec = http::error::bad_value;
}

void request_parser::keep_field(http::field field, std::string_view name, std::string_view value)
{
    switch (field) {
    case http::field::host: keep_host(value); break;
    case http::field::authorization:
        request_.authorization_repeated = !request_.authorization.empty();
        keep(request_.authorization, value);
        break;
    case http::field::cookie: keep(request_.cookie, value); break;
    case http::field::user_agent: // for the logs only, which replace what is not UTF-8
        if (request_.user_agent.empty()) request_.user_agent = value;
        break;
    case http::field::content_length:
        // Beast takes "5, 5" and equal repetitions, as it may (RFC 9112 6.3); a proxy in front that
        // reads them differently would be a way in, and no honest client sends them.
        if (length_seen_ || value.find(',') != std::string_view::npos)
            refuse(protocol_error::ambiguous_length);
        length_seen_ = true;
        break;
    case http::field::if_none_match: keep(request_.if_none_match, value); break;
    case http::field::transfer_encoding: keep_transfer_coding(value); break;
    case http::field::expect: keep_expectation(value); break;
    case http::field::unknown: keep_unknown_field(name, value); break;
    default: break;
    }
}

void request_parser::keep_unknown_field(std::string_view name, std::string_view value)
{
    if (is_same_name(name, "Coder-Session-Token")) {
        keep(request_.session_token, value);
    } else if (is_same_name(name, "X-Forwarded-For")) {
        request_.forwarded_for = {}; // the last line is the nearest proxy's; a client can write the first
        keep(request_.forwarded_for, value);
    } else if (is_same_name(name, "X-CSRF-TOKEN")) {
        keep(request_.csrf_token, value);
    } else if (is_same_name(name, "X-Coder-Bypass-Ratelimit")) {
        keep(request_.bypass_limit, value);
    } else if (is_same_name(name, "X-Latchkey-Min-Revision")) {
        request_.least_revision = std::max(request_.least_revision, parse_least_revision(value));
    } else if (is_same_name(name, "traceparent")) {
        request_.trace = trace_seen_ ? trace_context{} : parse_traceparent(value);
        trace_seen_ = true;
    }
}

void request_parser::keep(std::string_view& slot, std::string_view value)
{
    if (!is_utf8(value)) refuse(protocol_error::bad_value);
    if (slot.empty()) slot = value;
}

void request_parser::keep_host(std::string_view value)
{
    if (host_seen_ || !is_host(value)) refuse(protocol_error::bad_host);
    host_seen_ = true;
    if (!absolute_target_) request_.host = value;
}

void request_parser::keep_transfer_coding(std::string_view value)
{
    // RFC 9112 6.1: HTTP/1.0 has no transfer codings; a message that has one there is forged or mangled.
    if (coding_seen_ || request_.version < 11) refuse(protocol_error::ambiguous_length);
    coding_seen_ = true;
    if (!is_same_name(value, "chunked")) refuse(protocol_error::unknown_coding);
}

void request_parser::keep_expectation(std::string_view value)
{
    if (request_.version < 11) return; // RFC 9110 10.1.1
    if (is_same_name(value, "100-continue")) {
        expects_continue_ = true;
    } else {
        unknown_expectation_ = true; // told only once the rest of the head is known to be sound
    }
}

void request_parser::on_header_impl(beast_error& ec)
{
    head_done_ = true;
    if (!host_seen_ && request_.version >= 11) {
        refuse(protocol_error::bad_host);
    } else if (unknown_expectation_) {
        refuse(protocol_error::unknown_expectation);
    }
    if (why_ != protocol_error::none) ec = http::error::bad_value;
}

std::size_t request_parser::on_body_impl(beast_view text, beast_error&)
{
    return text.size(); // bodies of known length are the session's; put() is never called for them
}

void request_parser::on_chunk_header_impl(std::uint64_t size, beast_view, beast_error& ec)
{
    chunk_data_bytes_ += size;
    // Framing may not outweigh what it frames by far: else a 4 MiB body could cost gigabytes of parsing.
    const std::uint64_t allowed = 16 * limits_.chunk_framing_bytes + 16 * chunk_data_bytes_;
    if (chunk_bytes_ > allowed) {
        refuse(protocol_error::excessive_chunking);
        ec = http::error::bad_chunk_extension;
    }
}

std::size_t request_parser::on_chunk_body_impl(std::uint64_t, beast_view text, beast_error&)
{
    body_->append(text.data(), text.size());
    return text.size();
}

void request_parser::refuse(protocol_error why) noexcept
{
    if (why_ == protocol_error::none) why_ = why;
}

protocol_error request_parser::explain(const beast_error& ec, std::string_view bytes) const
{
    if (ec == http::error::bad_version && has_foreign_version(bytes)) return protocol_error::unknown_version;
    if (ec == http::error::bad_target) return protocol_error::bad_target;
    if (ec == http::error::bad_transfer_encoding || ec == http::error::bad_content_length ||
        ec == http::error::multiple_content_length)
        return protocol_error::ambiguous_length;
    if (ec == http::error::header_limit) return protocol_error::head_too_large;
    return protocol_error::malformed;
}

} // namespace latchkey
