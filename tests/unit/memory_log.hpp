// A log in memory that outlives whoever writes it. What is durable, and when a read is answered, is
// the test's to say.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "actors/log_edge.hpp"

namespace slackline {

class memory_log : public log_edge {
public:
    void append(frame f, urgency u) override {
        frames.push_back(std::move(f));
        urgent.push_back(u == urgency::at_once);
    }
    void sync() override { ++syncs; }
    void read(std::uint64_t position, std::uint64_t tag) override {
        reads.emplace_back(position, tag);
    }
    void trim(std::uint64_t position) override { begin = std::max(begin, position); }

    std::uint64_t end() const { return frames.size(); }

    /// Answers the last read, with so many frames at most.
    logged_part answer(std::size_t most = 1'000'000) const {
        const auto [asked, tag] = reads.back();
        const auto first = std::min(std::max(asked, begin), end());
        const auto n = std::min<std::uint64_t>(most, end() - first);
        const auto at = frames.begin() + static_cast<std::ptrdiff_t>(first);
        return {tag, first, {at, at + static_cast<std::ptrdiff_t>(n)}, end()};
    }

    std::vector<frame> frames;  ///< all that were ever appended
    std::vector<bool> urgent;
    std::uint64_t begin = 0;  ///< of what was not trimmed
    std::vector<std::pair<std::uint64_t, std::uint64_t>> reads;
    int syncs = 0;
};

}  // namespace slackline
