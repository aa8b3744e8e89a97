#include "cluster/client/move_commands.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <vector>

#include "actors/copy_list.hpp"
#include "cluster/client/asker.hpp"
#include "cluster/client/requests.hpp"
#include "cluster/complain.hpp"

namespace slackline {

namespace {

using nlohmann::json;

constexpr std::int64_t look_ms = 200;
constexpr std::int64_t limit_ms = 600'000;

struct awaited_move {
    std::string part;
    std::string to;
    int elsewhere = 0;  ///< looks that found it so
};

failure odd_answer() {
    return {failure_code::malformed,
            "the coordinator's answer is not understood; run the same version of this program here "
            "and there"};
}

enum class standing { on_its_way, there, elsewhere, over };
constexpr int looks_max = 10;  // at one that is neither there nor wanted there: it may not know yet

// Where one part stands. What is wanted there no more, or of a run that is over, does not come.
standing look_at(const json& status, const awaited_move& m) {
    for (const auto& run : status.at("runs")) {
        if (run.at("state") != "active") continue;
        for (const auto& c : run.at("copies")) {
            if (c.at("part") != m.part) continue;
            const auto has = [&](const char* key) {
                const auto& names = c.at(key);
                return std::find(names.begin(), names.end(), m.to) != names.end();
            };
            const bool settled = c.at("in_sync") == c.at("wanted") && !c.at("primary").is_null();
            if (has("nodes") && settled) return standing::there;
            return has("nodes") || has("lacking") ? standing::on_its_way : standing::elsewhere;
        }
    }
    return standing::over;
}

// The exit code. Says of each when it is there.
int wait_for(asker& from, std::vector<awaited_move> moves) {
    signal_interruption interruption;
    const auto until_ms = from.now_ms() + limit_ms;
    while (!moves.empty()) {
        const auto told =
            from.ask([](address own) { return ask_request(own, wire::Ask::What::STATUS); });
        if (!told) return complain(told.error());
        const auto status = json::parse(*told, nullptr, false);
        std::vector<awaited_move> left;
        for (auto& m : moves) {
            standing s;
            try {
                s = look_at(status, m);
            } catch (const json::exception&) {
                return complain(odd_answer());
            }
            if (s == standing::elsewhere && ++m.elsewhere == looks_max)
                return complain({failure_code::refused,
                                 fmt::format("the coordinator has {} elsewhere than on node {}: it "
                                             "was away, or the node was; ask again",
                                             m.part, m.to)});
            if (s == standing::over)
                return complain(
                    {failure_code::refused,
                     fmt::format("the run has ended before {} was on node {}", m.part, m.to)});
            if (s == standing::there)
                fmt::print("{} is on node {}\n", m.part, m.to);
            else
                left.push_back(m);
        }
        std::fflush(stdout);
        moves = std::move(left);
        if (moves.empty()) return 0;
        if (from.now_ms() >= until_ms)
            return complain({failure_code::exhausted,
                             fmt::format("{} is not on node {} after {} s; look at `slackline "
                                         "status` for what it waits for",
                                         moves.front().part, moves.front().to, limit_ms / 1000)});
        const auto ends = from.pause(look_ms, interruption);
        if (!ends) return complain(ends.error());
        if (*ends) return 0;
    }
    return 0;
}

}  // namespace

int move_part(const cluster_file& file, address part, const std::string& to,
              const std::string& from_node) {
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    const auto agreed =
        from.ask([&](address own) { return move_request(own, part, to, from_node); });
    if (!agreed) return complain(agreed.error());
    fmt::print("{} moves to node {}\n", part_name(part), to);
    return wait_for(from, {{part_name(part), to, 0}});
}

int reshard_run(const cluster_file& file, std::uint32_t shards) {
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    signal_interruption interruption;
    const auto until_ms = from.now_ms() + limit_ms;
    for (;;) {
        const auto told = from.ask([&](address own) { return reshard_request(own, shards); });
        if (!told) return complain(told.error());
        const auto answer = json::parse(*told, nullptr, false);
        if (!answer.is_object() || !answer.contains("there")) return complain(odd_answer());
        if (answer.at("there") == true) break;
        if (from.now_ms() >= until_ms)
            return complain({failure_code::exhausted,
                             fmt::format("the run is not in {} shards after {} s; look at "
                                         "`slackline status` for what it waits for",
                                         shards, limit_ms / 1000)});
        const auto ends = from.pause(look_ms, interruption);
        if (!ends) return complain(ends.error());
        if (*ends) return 0;
    }
    fmt::print("the run goes on in {} shard(s)\n", shards);
    return 0;
}

int rebalance_run(const cluster_file& file) {
    asker from(file);
    if (auto r = from.dial(file); !r) return complain(r.error());
    const auto told =
        from.ask([](address own) { return ask_request(own, wire::Ask::What::REBALANCE); });
    if (!told) return complain(told.error());
    std::vector<awaited_move> moves;
    try {
        const auto answer = json::parse(*told);
        for (const auto& m : answer.at("moves")) {
            const awaited_move next{m.at("part"), m.at("to"), 0};
            std::erase_if(moves, [&](const auto& earlier) { return earlier.part == next.part; });
            moves.push_back(next);
            fmt::print("{} moves from node {} to node {}\n", next.part,
                       m.at("from").get<std::string>(), next.to);
        }
    } catch (const json::exception&) {
        return complain(odd_answer());
    }
    if (moves.empty()) fmt::print("no move would bring the largest load of a node down\n");
    return wait_for(from, std::move(moves));
}

}  // namespace slackline
