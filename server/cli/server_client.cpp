#include "server/cli/server_client.hpp"

#include "server/cli/byte_channel.hpp"
#include "server/cli/kept_session.hpp"
#include "server/cli/secret_input.hpp"
#include "server/tls_client.hpp"
#include "storage/lower_case.hpp"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <array>
#include <cstdlib>

namespace latchkey::cli {
namespace {

namespace http = boost::beast::http;

constexpr std::string_view default_url = "http://127.0.0.1:7080";
constexpr std::uint64_t largest_answer = 256u << 20;

[[noreturn]] void unreachable(const server_url& url, const std::string& why)
{
    throw command_failure{ending::unreachable, "cannot reach " + url.text + ": " + why};
}

std::string environment(const char* name)
{
    const char* const value = std::getenv(name); // one thread
    return value ? value : "";
}

// A deadline for each address, so that a machine that answers nothing is passed over.
plain_socket connect(const server_url& url, asio::io_context& context)
{
    std::vector<asio::generic::stream_protocol::endpoint> places;
    if (url.via == server_url::scheme::local) {
        places.emplace_back(asio::local::stream_protocol::endpoint{url.path});
    } else {
        error_code ec;
        asio::ip::tcp::resolver resolver{context};
        for (const auto& found : resolver.resolve(url.host, url.port, ec))
            places.emplace_back(found.endpoint());
        if (ec) unreachable(url, ec.message());
    }
    error_code last = asio::error::host_not_found;
    for (const auto& place : places) {
        plain_socket socket{context};
        last = run_step(
                   context,
                   [&](auto handler) { socket.async_connect(place, handler); },
                   [&] {
                       error_code ignored;
                       socket.close(ignored);
                   })
                   .second;
        if (!last) return socket;
    }
    unreachable(url, last.message());
}

server_answer read_answer(byte_channel& channel, const server_url& url, bool has_body)
{
    http::response_parser<http::string_body> parser;
    parser.eager(true);
    parser.body_limit(largest_answer);
    parser.skip(!has_body);
    std::string waiting;
    std::array<char, 16384> part;
    error_code ec;
    while (!parser.is_done()) {
        const auto [count, failure] = channel.receive(part);
        if (failure == asio::error::eof) {
            if (!parser.got_some()) unreachable(url, "it ended the connection without an answer");
            parser.put_eof(ec);
            if (ec) unreachable(url, "its answer is cut off");
            break;
        }
        if (failure) unreachable(url, failure.message());
        waiting.append(part.data(), count);
        const std::size_t taken = parser.put(asio::buffer(waiting), ec);
        if (ec && ec != http::error::need_more) unreachable(url, "it does not speak HTTP: " + ec.message());
        waiting.erase(0, taken);
    }
    server_answer answer;
    answer.status = parser.get().result_int();
    for (const auto& field : parser.get()) {
        std::string name = lower_case({field.name_string().data(), field.name_string().size()});
        answer.headers[std::move(name)] = std::string{field.value().data(), field.value().size()};
    }
    answer.body = std::move(parser.get().body());
    return answer;
}

secret_text token_for(const invocation& given, const server_url& url)
{
    if (given.has("token-file")) return read_secret(given.value("token-file"), "the token");
    if (std::string token = environment("LATCHKEY_TOKEN"); !token.empty())
        return secret_text{std::move(token)};
    if (const std::string file = environment("LATCHKEY_TOKEN_FILE"); !file.empty())
        return read_secret(file, "the token");
    if (auto kept = read_session(); kept && kept->url == url.text) return std::move(kept->token);
    return {};
}

std::string chosen_url(const invocation& given)
{
    if (given.has("url")) return given.value("url");
    if (std::string url = environment("LATCHKEY_URL"); !url.empty()) return url;
    if (given.row->name == "health") return std::string{default_url};
    if (const auto kept = read_session()) return kept->url;
    return std::string{default_url};
}

std::string chosen_authorities(const invocation& given, const server_url& url)
{
    if (given.has("ca-file")) return given.value("ca-file");
    const auto kept = read_session();
    return kept && kept->url == url.text ? kept->ca_file : std::string{};
}

bool is_plain(std::string_view text)
{
    for (const char c : text)
        if (static_cast<unsigned char>(c) <= ' ' || c == 0x7f || c == '@' || c == '?' || c == '#')
            return false;
    return true;
}

} // namespace

server_url server_url::parse(std::string_view text)
{
    const command_failure wrong{ending::usage,
                                "a server is http://HOST[:PORT], https://HOST[:PORT] or unix:/SOCKET"};
    server_url url;
    while (text.size() > 1 && text.ends_with('/'))
        text.remove_suffix(1);
    url.text = text;
    if (text.starts_with("unix:")) {
        url.via = scheme::local;
        url.path = text.substr(5);
        if (!url.path.starts_with('/') || url.path.size() > 107) throw wrong;
        return url;
    }
    if (text.starts_with("https://"))
        url.via = scheme::https;
    else if (!text.starts_with("http://"))
        throw wrong;
    if (!is_plain(text)) throw wrong; // also what has a password in it, which is not repeated
    text.remove_prefix(text.find("//") + 2);
    const auto slash = std::min(text.find('/'), text.size());
    url.path = text.substr(slash);
    std::string_view place = text.substr(0, slash);
    const auto bracket = place.starts_with('[') ? place.find(']') : 0;
    if (bracket == place.npos) throw wrong;
    const auto colon = place.find(':', bracket);
    url.host = place.substr(0, colon);
    if (bracket != 0) url.host = place.substr(1, bracket - 1);
    url.port = url.via == scheme::https ? "443" : "80";
    if (colon != place.npos) url.port = place.substr(colon + 1);
    if (url.host.empty() || url.port.empty() || url.port.find_first_not_of("0123456789") != url.port.npos)
        throw wrong;
    return url;
}

json::value server_answer::parsed() const
{
    error_code ec;
    json::value value = json::parse(body, ec);
    if (ec) throw command_failure{ending::failed, "the server's answer is no JSON: is it a Latchkey?"};
    return value;
}

server_client::server_client(const invocation& given)
    : server_client{given, server_url::parse(chosen_url(given))}
{}

server_client::server_client(const invocation& given, server_url url)
    : url_{std::move(url)},
      ca_file_{chosen_authorities(given, url_)},
      token_{given.row->name == "health" ? secret_text{} : token_for(given, url_)}
{
    // It becomes a header: a line end in it would begin another one.
    for (const char c : token_.expose())
        if (static_cast<unsigned char>(c) <= ' ' || static_cast<unsigned char>(c) >= 0x7f)
            throw command_failure{ending::usage, "the token holds characters that no token has"};
}

server_answer server_client::ask(std::string_view method,
                                 const std::string& target,
                                 std::string_view body,
                                 const secret_text* bearer) const
{
    auto context = std::make_shared<asio::io_context>(1);
    plain_socket socket = connect(url_, *context);
    std::unique_ptr<byte_channel> channel;
    if (url_.via == server_url::scheme::https)
        channel = open_tls(context, std::move(socket), url_.host, ca_file_);
    else
        channel = std::make_unique<stream_channel<plain_socket>>(context, std::move(socket));

    const bool is_local = url_.via == server_url::scheme::local;
    const bool is_v6 = url_.host.find(':') != url_.host.npos;
    std::string text{method};
    text.append(" ").append(is_local ? "" : url_.path).append(target).append(" HTTP/1.1\r\nHost: ");
    text.append(is_local ? "localhost" : is_v6 ? "[" + url_.host + "]" : url_.host);
    if (!is_local) text.append(":").append(url_.port);
    text.append("\r\nUser-Agent: latchkey/" LATCHKEY_VERSION "\r\nConnection: close\r\n");
    if (bearer) text.append("Authorization: Bearer ").append(bearer->expose()).append("\r\n");
    if (!body.empty()) text.append("Content-Type: application/json\r\n");
    if (!body.empty() || method == "POST" || method == "PUT")
        text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
    text.append("\r\n").append(body);
    const error_code sent = channel->send(text);
    wipe_memory(text.data(), text.size());
    if (sent) unreachable(url_, sent.message());
    return read_answer(*channel, url_, method != "HEAD");
}

json::value
server_client::call(std::string_view method, const std::string& target, const json::value& body) const
{
    if (!has_token())
        throw command_failure{ending::signed_out,
                              "not signed in at " + url_.text + "; `latchkey login " + url_.text + "`"};
    std::string text = body.is_null() ? std::string{} : json::serialize(body);
    const server_answer answer = ask(method, target, text, &token_);
    wipe_memory(text.data(), text.size()); // passwords come this way
    if (answer.status < 200 || answer.status > 299) fail_with(answer);
    return answer.body.empty() ? json::value{} : answer.parsed();
}

void fail_with(const server_answer& answer)
{
    error_code ec;
    const json::value value = json::parse(answer.body, ec);
    std::string why = ec ? "" : text_of(value, "message");
    if (why.empty()) why = "the server answers " + std::to_string(answer.status);
    if (const std::string detail = ec ? "" : text_of(value, "detail"); !detail.empty()) why += " " + detail;
    if (const auto* const object = ec ? nullptr : value.if_object()) {
        const auto* const faults = object->if_contains("validations");
        if (faults && faults->is_array())
            for (const json::value& fault : faults->get_array())
                why += " " + text_of(fault, "field") + ": " + text_of(fault, "detail");
    }
    for (char& c : why)
        if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) c = ' ';
    if (answer.status == 503) throw command_failure{ending::unreachable, why};
    throw command_failure{answer.status == 401 ? ending::signed_out : ending::failed, why};
}

std::string percent_encoded(std::string_view text)
{
    constexpr std::string_view hex = "0123456789ABCDEF";
    std::string out;
    for (const char c : text) {
        const bool is_plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                              c == '-' || c == '_' || c == '.' || c == '~';
        if (is_plain) {
            out += c;
            continue;
        }
        const auto byte = static_cast<unsigned char>(c);
        out += '%';
        out += hex[byte >> 4];
        out += hex[byte & 15];
    }
    return out;
}

std::string text_of(const json::value& object, std::string_view field)
{
    const auto* const members = object.if_object();
    const auto* const value = members ? members->if_contains(field) : nullptr;
    if (!value || value->is_null()) return {};
    if (const auto* const text = value->if_string()) return {text->data(), text->size()};
    return json::serialize(*value);
}

std::string texts_of(const json::value& object, std::string_view field)
{
    std::string out;
    const auto* const members = object.if_object();
    const auto* const value = members ? members->if_contains(field) : nullptr;
    if (!value || !value->is_array()) return out;
    for (const json::value& each : value->get_array()) {
        if (!out.empty()) out += ' ';
        if (const auto* const text = each.if_string())
            out.append(text->data(), text->size());
        else
            out += text_of(each, "name");
    }
    return out;
}

} // namespace latchkey::cli
