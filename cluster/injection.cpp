#include "cluster/injection.hpp"

#include <fmt/format.h>

#include <charconv>

namespace slackline {

namespace {

const char* kind_of(address who) {
    return who.role == role::WORKER ? "worker" : who.role == role::SHARD ? "shard" : "sequencer";
}

}  // namespace

result<injected_kill> read_injection(const std::string& text) {
    const auto at = text.find('@');
    const auto who = text.substr(0, at);
    const auto colon = who.find(':');
    injected_kill kill;
    const auto name = who.substr(0, colon);
    const bool known = name == "worker" || name == "shard" || name == "sequencer";
    kill.who.role = name == "worker"  ? role::WORKER
                    : name == "shard" ? role::SHARD
                                      : role::SEQUENCER;
    const auto number = [](const std::string& s, auto& to) {
        const auto r = std::from_chars(s.data(), s.data() + s.size(), to);
        return r.ec == std::errc() && r.ptr == s.data() + s.size();
    };
    double percent = 0;
    if (!known || at == text.npos || !number(text.substr(at + 1), percent) ||
        !(percent >= 0 && percent <= 100) ||
        (colon != who.npos && !number(who.substr(colon + 1), kill.who.index)))
        return fail(failure_code::usage,
                    fmt::format("--kill {}: write ACTOR@PERCENT, such as worker:0@50, shard:1@30 "
                                "or sequencer@70",
                                text));
    kill.at = percent / 100;
    return kill;
}

result<void> check_injection(const injected_kill& kill, const job& j) {
    const auto there = kill.who.role == role::WORKER  ? j.workers
                       : kill.who.role == role::SHARD ? j.shards
                                                      : 1u;
    if (kill.who.index < there) return {};
    const auto name = kind_of(kill.who);
    return fail(failure_code::usage,
                fmt::format("--kill {0}:{1}: the job has {2} {0}{3}; count from 0", name,
                            kill.who.index, there, there == 1 ? "" : "s"));
}

std::string name_of(address who) {
    if (who.role == role::SEQUENCER) return "the sequencer";
    return fmt::format("{} {}", kind_of(who), who.index);
}

}  // namespace slackline
