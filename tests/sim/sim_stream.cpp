#include "tests/sim/sim_stream.hpp"

#include <algorithm>

namespace slackline {

void sim_stream::write(const std::vector<std::span<const std::byte>>& pieces,
                       std::int64_t not_before_ms, const stream_faults& faults,
                       std::mt19937_64& random) {
    std::vector<std::byte> all;
    for (const auto& p : pieces) all.insert(all.end(), p.begin(), p.end());
    bytes_ += all.size();
    for (std::size_t at = 0; at < all.size();) {
        const auto most = std::min(all.size() - at, faults.part_bytes_max);
        const auto n = random() % 4 == 0 ? 1 + random() % most : most;
        const auto begin = all.begin() + static_cast<std::ptrdiff_t>(at);
        std::vector<std::byte> bytes(begin, begin + static_cast<std::ptrdiff_t>(n));
        const auto due_ms =
            not_before_ms + std::int64_t(random() % std::uint64_t(faults.delay_max_ms + 1));
        at += n;
        const bool damage =
            !damaged_ && std::uniform_real_distribution<>(0, 1)(random) < faults.corruption;
        if (!damage) {
            add(std::move(bytes), false, due_ms);
            continue;
        }
        const auto turned = bytes.begin() + static_cast<std::ptrdiff_t>(random() % n);
        *turned ^= std::byte(1u << random() % 8);
        if (turned != bytes.begin()) add({bytes.begin(), turned}, false, due_ms);
        add({turned, bytes.end()}, true, due_ms);
        damaged_ = true;
    }
}

void sim_stream::add(std::vector<std::byte> bytes, bool damaged, std::int64_t due_ms) {
    if (vanished_) return;
    last_due_ms_ = std::max(last_due_ms_, due_ms);
    under_way_ += bytes.size();
    parts_.push_back({last_due_ms_, std::move(bytes), damaged, false});
}

void sim_stream::close(std::int64_t not_before_ms) {
    if (vanished_) return;
    last_due_ms_ = std::max(last_due_ms_, not_before_ms);
    parts_.push_back({last_due_ms_, {}, false, true});
}

void sim_stream::reset(std::int64_t at_ms) {
    parts_.clear();
    under_way_ = 0;
    close(at_ms);
    vanish();
}

std::optional<sim_stream::part> sim_stream::arrived(std::int64_t now_ms) {
    if (parts_.empty() || parts_.front().due_ms > now_ms) return std::nullopt;
    auto next = std::move(parts_.front());
    parts_.pop_front();
    under_way_ -= next.bytes.size();
    return next;
}

}  // namespace slackline
