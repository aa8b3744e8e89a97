#include "actors/checkpoint/stored_checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "actors/checkpoint/journal.hpp"

namespace slackline {

stored_checkpoints::stored_checkpoints(stored_checkpoints_settings settings, storage& files,
                                       std::function<std::string()> now_utc,
                                       std::function<void(const std::string&)> warn)
    : settings_(std::move(settings)),
      files_(files),
      now_utc_(std::move(now_utc)),
      warn_(std::move(warn)) {}

result<std::optional<model_state>> stored_checkpoints::newest() {
    const auto all = list_checkpoints(files_, settings_.identity.run);
    if (!all) return tl::unexpected(all.error());
    for (auto c = all->rbegin(); c != all->rend(); ++c) {
        if (c->content)
            if (auto r = same_run(c->content->identity, settings_.identity, c->path); !r)
                return tl::unexpected(r.error());
        auto state = load_checkpoint(files_, *c, settings_.layout, settings_.state_slots);
        if (state) return std::optional<model_state>(std::move(*state));
        if (state.error().code == failure_code::mismatch) return tl::unexpected(state.error());
        warn_(fmt::format("{} (an older one is tried)", state.error().sentence));
    }
    return std::optional<model_state>();
}

result<std::uint64_t> stored_checkpoints::begin_era() {
    const auto& run = settings_.identity.run;
    if (auto r = files_.make_directory(run); !r) return tl::unexpected(r.error());
    const std::string journal = run + "/journal";
    const auto entries = read_journal(files_, journal);
    if (!entries) return tl::unexpected(entries.error());
    std::uint64_t last = 0;
    for (const auto& e : *entries) {
        std::uint64_t era = 0;
        if (e.starts_with("era ")) std::from_chars(e.data() + 4, e.data() + e.size(), era);
        last = std::max(last, era);
    }
    if (auto r = append_journal(files_, journal, fmt::format("era {}", last + 1)); !r)
        return tl::unexpected(r.error());
    return last + 1;
}

result<std::string> stored_checkpoints::publish(const model_state& state) {
    auto path = publish_checkpoint(files_, settings_.identity, settings_.layout, state, now_utc_());
    if (!path) return path;
    if (auto r = prune_checkpoints(files_, settings_.identity.run, settings_.keep); !r)
        warn_(r.error().sentence);
    return path;
}

}  // namespace slackline
