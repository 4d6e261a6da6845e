// Reads one request. Framing (line ends, Content-Length, chunks) is Beast's, because request smuggling
// lives there; what Beast lets pass and RFC 9112 or Latchkey does not is refused here. Keeps views into the
// bytes it was given, owns none, allocates nothing. Single use: one parser for each attempt at a request.
#pragma once

#include "server/http_limits.hpp"
#include "server/protocol_error.hpp"
#include "server/request.hpp"

#include <boost/beast/http/basic_parser.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace latchkey {

enum class parse_progress { need_more, done, refused };

class request_parser final : private http::basic_parser<true> {
public:
    // Both outlive the parser. `into` is fresh but for what the session filled in (id, peer).
    request_parser(request& into, const http_limits& limits);

    // Reads a head from its first byte on. With need_more, take a new parser and a new `into` and try
    // again when more has arrived: reading from the start finds an error at the same byte however the
    // bytes were cut (Beast, when continued, looks for the end of the head first).
    parse_progress read_head(std::string_view bytes);

    // --- after read_head said done ---
    std::size_t head_size() const noexcept { return head_size_; }
    bool is_chunked() const noexcept { return chunked_; }
    std::uint64_t content_length() const noexcept { return content_length_; } // 0 without, and if chunked
    bool expects_continue() const noexcept { return expects_continue_; }

    // Decodes the chunks of `bytes` to the end of `body`; `taken` says how many bytes are done with. The
    // rest is to be given again with more behind it. `done`: the body and its trailers are complete.
    parse_progress read_chunks(std::string_view bytes, std::string& body, std::size_t& taken);

    // Why a read_ function said refused.
    protocol_error why() const noexcept { return why_; }

private:
    using beast_error = boost::beast::error_code;
    using beast_view = boost::beast::string_view;

    void on_request_impl(http::verb, beast_view, beast_view, int, beast_error&) override;
    void on_response_impl(int, beast_view, int, beast_error&) override {}
    void on_field_impl(http::field, beast_view, beast_view, beast_error&) override;
    void on_header_impl(beast_error&) override;
    void on_body_init_impl(const boost::optional<std::uint64_t>&, beast_error&) override {}
    std::size_t on_body_impl(beast_view, beast_error&) override;
    void on_chunk_header_impl(std::uint64_t, beast_view, beast_error&) override;
    std::size_t on_chunk_body_impl(std::uint64_t, beast_view, beast_error&) override;
    void on_finish_impl(beast_error&) override {}

    void keep_field(http::field field, std::string_view name, std::string_view value);
    void keep_unknown_field(std::string_view name, std::string_view value);
    void keep(std::string_view& slot, std::string_view value);
    void keep_host(std::string_view value);
    void keep_transfer_coding(std::string_view value);
    void keep_expectation(std::string_view value);
    void refuse(protocol_error why) noexcept;
    protocol_error explain(const beast_error& ec, std::string_view bytes) const;

    request& request_;
    const http_limits& limits_;
    std::string* body_ = nullptr;   // where chunks go, during read_chunks
    std::uint64_t chunk_bytes_ = 0; // raw bytes of the chunked body taken so far, framing included
    std::uint64_t chunk_data_bytes_ = 0;
    std::uint64_t content_length_ = 0;
    std::size_t head_size_ = 0;
    std::size_t fields_ = 0;
    protocol_error why_ = protocol_error::none;
    bool head_done_ = false;
    bool chunked_ = false;
    bool absolute_target_ = false;
    bool host_seen_ = false;
    bool length_seen_ = false;
    bool trace_seen_ = false;
    bool coding_seen_ = false;
    bool expects_continue_ = false;
    bool unknown_expectation_ = false;
};

} // namespace latchkey
