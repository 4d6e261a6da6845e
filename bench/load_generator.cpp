// Puts a load on an HTTP server and prints what it saw as one line of JSON; the runners beside it
// (bench/*.py) start the servers and read that. Exit status 1: an answer had another status than expected,
// or never came.
//
//   load_generator --port 7080 --tokens FILE --depth 16 --seconds 5        closed loop, 16 in flight each
//   load_generator --port 7080 --tokens FILE --rate 20000 --seconds 10     open loop, 20,000 a second
//   load_generator --port 7080 --tokens FILE --method POST --path /api/v2/users/me/keys/tokens --body '{}'
//                  --expect 201 --requests 20000                           creates
//   load_generator --port 7080 --tokens FILE --batch 1000                  POST /api/v2/verify, 1,000 tokens
//   each
//   load_generator --port 7080 7081 --tokens FILE FILE                     two servers, each with its tokens
#include "bench/load_schedule.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <boost/program_options.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <sys/resource.h>

namespace {

using namespace latchkey::bench;
namespace options = boost::program_options;

struct request_settings {
    std::string method;
    std::string path;
    std::string body;
    std::size_t batch = 0; // if not 0: tokens in one body
};

std::vector<std::string> tokens_in(const std::string& file_name)
{
    std::ifstream file{file_name};
    std::vector<std::string> tokens;
    for (std::string token; std::getline(file, token);)
        tokens.push_back(std::move(token));
    if (tokens.empty()) throw std::runtime_error{"no token in " + file_name};
    return tokens;
}

// One for each line of the file.
std::vector<std::string> make_requests(const request_settings& wanted, const std::string& token_file)
{
    const std::string begin =
        wanted.method + " " + wanted.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer ";
    std::string end = "\r\n";
    if (wanted.method != "GET") end += "Content-Length: " + std::to_string(wanted.body.size()) + "\r\n";
    end.append("\r\n").append(wanted.body);
    std::vector<std::string> requests;
    for (const std::string& token : tokens_in(token_file))
        requests.emplace_back(begin).append(token).append(end);
    return requests;
}

// As many as there are whole batches of tokens, or one with all of them.
std::vector<std::string> make_batches(const request_settings& wanted, const std::string& token_file)
{
    const std::vector<std::string> tokens = tokens_in(token_file);
    const std::size_t size = std::min(wanted.batch, tokens.size());
    std::vector<std::string> requests;
    for (std::size_t at = 0; at + size <= tokens.size(); at += size) {
        std::string body = "{\"tokens\":[";
        for (std::size_t number = at; number < at + size; ++number)
            body.append(number == at ? "\"" : ",\"").append(tokens[number]).append("\"");
        body += "]}";
        requests.push_back("POST " + wanted.path + " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + body);
    }
    return requests;
}

double own_cpu_seconds()
{
    rusage used{};
    getrusage(RUSAGE_SELF, &used);
    const auto seconds = [](const timeval& time) {
        return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
    };
    return seconds(used.ru_utime) + seconds(used.ru_stime);
}

boost::json::object json_of(const load_outcome& seen, double cpu_seconds)
{
    const latency_histogram& latencies = seen.tally.latencies;
    return {{"answers", latencies.count()},
            {"seconds", seen.seconds},
            {"rate", static_cast<double>(latencies.count()) / seen.seconds},
            {"p50_ms", latencies.percentile_ms(0.5)},
            {"p99_ms", latencies.percentile_ms(0.99)},
            {"p999_ms", latencies.percentile_ms(0.999)},
            {"max_ms", latencies.longest_ms()},
            {"unexpected", seen.tally.unexpected},
            {"first_unexpected", seen.tally.first_unexpected},
            {"complete", seen.is_complete},
            {"lateness_p99_ms", seen.lateness.percentile_ms(0.99)},
            {"lateness_max_ms", seen.lateness.longest_ms()},
            {"cpu_seconds", cpu_seconds}};
}

struct server_settings {
    std::string host;
    std::vector<std::uint16_t> ports;
    std::vector<std::string> token_files; // one for each port
};

std::vector<load_target>
make_targets(const server_settings& servers, const request_settings& asked, unsigned depth)
{
    if (servers.ports.size() != servers.token_files.size())
        throw std::runtime_error{"--port and --tokens: as many of the one as of the other"};
    std::vector<load_target> targets;
    for (std::size_t at = 0; at < servers.ports.size(); ++at) {
        const std::string& file = servers.token_files[at];
        targets.push_back(
            {.requests{asked.batch == 0 ? make_requests(asked, file) : make_batches(asked, file), depth}});
        sockaddr_in& server = targets.back().server;
        server.sin_family = AF_INET;
        server.sin_port = htons(servers.ports[at]);
        if (inet_pton(AF_INET, servers.host.c_str(), &server.sin_addr) != 1)
            throw std::runtime_error{"--host: not an IPv4 address"};
    }
    return targets;
}

int run(int argc, const char* const* argv)
{
    load_settings load;
    request_settings asked;
    server_settings servers;
    unsigned depth = 1;
    std::uint64_t tolerated = 0;
    options::options_description known{"load_generator: puts a load on an HTTP server"};
    auto add = known.add_options();
    add("help", "this text");
    add("host", options::value(&servers.host)->default_value("127.0.0.1"), "IPv4 address");
    add("port", options::value(&servers.ports)->required()->multitoken(), "of each server that is asked");
    add("tokens",
        options::value(&servers.token_files)->required()->multitoken(),
        "file of tokens, one a line; for each port");
    add("method", options::value(&asked.method)->default_value("GET"), "");
    add("path", options::value(&asked.path), "/verify, or for batches /api/v2/verify");
    add("body", options::value(&asked.body), "of every request, if it is no GET");
    add("batch", options::value(&asked.batch)->default_value(0), "if not 0: tokens in the body of a POST");
    add("expect", options::value(&load.expected_status)->default_value(200), "status of a good answer");
    add("tolerate", options::value(&tolerated)->default_value(0), "answers of another status, at most");
    add("connections", options::value(&load.connections)->default_value(64), "");
    add("tls", options::bool_switch(&load.is_over_tls), "HTTPS, with whatever certificate");
    add("depth", options::value(&depth)->default_value(1), "requests in one write");
    add("rate", options::value(&load.rate)->default_value(0), "requests a second; 0: closed loop");
    add("seconds", options::value(&load.seconds)->default_value(5), "how long");
    add("requests", options::value(&load.requests)->default_value(0), "if not 0: how many at most");
    options::variables_map given;
    options::store(options::parse_command_line(argc, argv, known), given);
    if (given.contains("help")) {
        std::cout << known;
        return 0;
    }
    options::notify(given);
    if (depth == 0 || load.connections == 0)
        throw std::runtime_error{"--depth and --connections: at least 1"};
    if (asked.path.empty()) asked.path = asked.batch == 0 ? "/verify" : "/api/v2/verify";
    std::vector<load_target> targets = make_targets(servers, asked, depth);
    const double before = own_cpu_seconds();
    const load_outcome seen = run_load(load, targets);
    std::cout << boost::json::serialize(json_of(seen, own_cpu_seconds() - before)) << '\n';
    return seen.tally.unexpected <= tolerated && seen.is_complete ? 0 : 1;
}

} // namespace

int main(int argc, char** argv)
{
    try {
        return run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "load_generator: %s\n", error.what());
        return 2;
    }
}
