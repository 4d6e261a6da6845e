// What a Redis server sends, cut anywhere: the same replies must come out as in one piece. And what the
// store makes of replies: redirections, the slots of a Cluster.
#include "storage/redis_reader.hpp"
#include "storage/redis_slots.hpp"
#include "tests/fuzz/target.hpp"

#include <vector>

namespace latchkey::fuzz {
namespace {

struct reading {
    std::vector<redis_reply> replies;
    bool is_broken = false;

    bool operator==(const reading&) const = default;
};

// False when no more can come.
bool take_replies(redis_reader& from, reading& into)
{
    while (!into.is_broken) {
        redis_reply next;
        const redis_reader::outcome what = from.next(next);
        if (what == redis_reader::outcome::more) return true;
        into.is_broken = what == redis_reader::outcome::broken;
        if (!into.is_broken) into.replies.push_back(std::move(next));
    }
    MUST(!from.problem().empty());
    return false;
}

reading read_at_once(std::string_view bytes)
{
    redis_reader reader;
    reading whole;
    reader.feed(bytes);
    take_replies(reader, whole);
    return whole;
}

reading read_in_pieces(choices& cuts, std::string_view bytes)
{
    redis_reader reader;
    reading whole;
    choices rest{bytes};
    while (!rest.empty()) {
        reader.feed(rest.text(1 + cuts.byte() % 32));
        if (!take_replies(reader, whole)) break;
    }
    return whole;
}

} // namespace

void play_redis_replies(std::string_view input)
{
    choices from{input};
    choices cuts{from.text(8)};
    const reading at_once = read_at_once(from.rest());
    MUST(at_once == read_in_pieces(cuts, from.rest()));

    const redis_address asked{.host = "127.0.0.1", .port = 7000, .path = {}};
    for (const redis_reply& reply : at_once.replies) {
        if (const auto where = redirection_in(reply, asked))
            MUST(where->slot < redis_slot_count && where->to.port != 0);
        if (auto map = redis_slot_map::parse(reply, asked)) {
            MUST(!map->primaries().empty());
            (void)map->is_complete();
            (void)map->has_lost_to(*map, asked);
            map->move(0, asked);
            MUST(*map->holder_of(0) == asked);
        }
    }
}

} // namespace latchkey::fuzz
