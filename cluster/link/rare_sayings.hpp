// Sentences that would be said again and again: each once a minute, and no more than 64 others.
//
// Pure. Owner and thread: who says them.
#pragma once

#include <cstdint>
#include <map>
#include <string>

namespace slackline {

class rare_sayings {
public:
    bool may_say(const std::string& sentence, std::int64_t now_ms) {
        std::erase_if(said_ms_, [&](const auto& s) { return now_ms - s.second >= again_ms; });
        return said_ms_.size() < sayings_max && said_ms_.emplace(sentence, now_ms).second;
    }

private:
    static constexpr std::int64_t again_ms = 60'000;
    static constexpr std::size_t sayings_max = 64;
    std::map<std::string, std::int64_t> said_ms_;
};

}  // namespace slackline
