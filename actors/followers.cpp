#include "actors/followers.hpp"

namespace slackline {

bool followers::admits(std::uint32_t client, const run_book& book) {
    if (runs_.size() < clients_max || runs_.contains(client)) return true;
    std::erase_if(runs_, [&](const auto& f) {
        const auto* run = book.find(f.second);
        return run == nullptr || run->ended();
    });
    return runs_.size() < clients_max;
}

std::optional<std::uint64_t> followers::followed_by(std::uint32_t client) const {
    const auto f = runs_.find(client);
    return f == runs_.end() ? std::nullopt : std::optional(f->second);
}

std::vector<std::uint32_t> followers::of(std::uint64_t run) const {
    std::vector<std::uint32_t> clients;
    for (const auto& [client, followed] : runs_)
        if (followed == run) clients.push_back(client);
    return clients;
}

}  // namespace slackline
