#include "actors/checkpoint/stored_checkpoints.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <charconv>
#include <string_view>

#include "actors/checkpoint/durable_files.hpp"
#include "actors/checkpoint/journal.hpp"

namespace slackline {

namespace {

constexpr const char* from_nothing = "nothing";
constexpr std::string_view copies_mark = "copies of era ";

// The era of "checkpoint-<era>-..."; 0 where there is none.
std::uint64_t era_of(const std::string& name) {
    std::uint64_t era = 0;
    const std::string_view mark = checkpoint_prefix;
    if (name.starts_with(mark))
        std::from_chars(name.data() + mark.size(), name.data() + name.size(), era);
    return era;
}

}  // namespace

stored_checkpoints::stored_checkpoints(stored_checkpoints_settings settings, storage& files,
                                       std::function<std::string()> now_utc,
                                       std::function<void(const std::string&)> warn)
    : settings_(std::move(settings)),
      files_(files),
      now_utc_(std::move(now_utc)),
      warn_(std::move(warn)) {
    assert(settings_.keep >= 2);
}

result<std::optional<model_state>> stored_checkpoints::newest() {
    const auto& run = settings_.identity.run;
    const auto all = list_checkpoints(files_, run);
    if (!all) return tl::unexpected(all.error());
    for (auto c = all->rbegin(); c != all->rend(); ++c) {
        if (c->content)
            if (auto r = same_run(c->content->identity, settings_.identity, c->path); !r)
                return tl::unexpected(r.error());
        auto state = load(*c);
        if (state) return std::optional<model_state>(std::move(*state));
        if (state.error().code == failure_code::mismatch) return tl::unexpected(state.error());
    }
    if (all->empty()) return std::optional<model_state>();
    return fail(failure_code::checksum,
                fmt::format("none of the {} checkpoint(s) of run '{}' can be loaded; restore one "
                            "from a copy, or begin a new run under another name",
                            all->size(), run));
}

// What is damaged is told.
result<model_state> stored_checkpoints::load(const checkpoint_info& c) {
    auto state = load_checkpoint(files_, c, settings_.layout, settings_.state_slots);
    if (!state && state.error().code != failure_code::mismatch)
        warn_(fmt::format("{} (an older one is tried)", state.error().sentence));
    return state;
}

result<std::optional<model_state>> stored_checkpoints::newest_of(std::uint64_t era) {
    const auto& run = settings_.identity.run;
    const auto entries = read_journal(files_, journal());
    if (!entries) return tl::unexpected(entries.error());
    const auto mark = fmt::format("era {} logged from ", era);
    const auto entry = std::find_if(entries->begin(), entries->end(),
                                    [&](const auto& e) { return e.starts_with(mark); });
    if (entry == entries->end())
        return fail(failure_code::mismatch, fmt::format("era {} was not logged", era));
    const auto base = entry->substr(mark.size());
    const auto all = list_checkpoints(files_, run);
    if (!all) return tl::unexpected(all.error());
    for (auto c = all->rbegin(); c != all->rend(); ++c) {
        const bool of_era = c->content && c->content->at.era == era;
        if (!of_era && c->path != run + "/" + base) continue;
        if (auto state = load(*c)) return std::optional<model_state>(std::move(*state));
    }
    if (base == from_nothing) return std::optional<model_state>();
    return fail(failure_code::not_found,
                fmt::format("no checkpoint that the logs of era {} go on from can be loaded", era));
}

result<std::uint64_t> stored_checkpoints::last_era() {
    const auto entries = read_journal(files_, journal());
    if (!entries) return tl::unexpected(entries.error());
    const auto names = files_.list(settings_.identity.run);
    if (!names && names.error().code != failure_code::not_found)
        return tl::unexpected(names.error());
    std::uint64_t last = 0;
    for (const auto& e : *entries) {
        std::uint64_t era = 0;
        if (e.starts_with("era ")) std::from_chars(e.data() + 4, e.data() + e.size(), era);
        last = std::max(last, era);
    }
    if (names)
        for (const auto& name : *names) last = std::max(last, era_of(name));
    return last;
}

result<era_start> stored_checkpoints::begin_era() {
    const std::lock_guard lock(mutex_);
    const auto& run = settings_.identity.run;
    if (auto r = make_durable_directory(files_, run); !r) return tl::unexpected(r.error());
    const auto last = last_era();
    if (!last) return tl::unexpected(last.error());
    auto from = newest();
    if (!from) return tl::unexpected(from.error());
    const auto base =
        *from ? checkpoint_folder(run, **from).substr(run.size() + 1) : std::string(from_nothing);
    const auto entry =
        fmt::format("era {} {}from {}", *last + 1, settings_.logged ? "logged " : "", base);
    if (auto r = append_journal(files_, journal(), entry); !r) return tl::unexpected(r.error());
    era_ = *last + 1;
    return era_start{era_, std::move(*from)};
}

result<void> stored_checkpoints::note_copies(std::uint64_t era, const std::string& lists) {
    const std::lock_guard lock(mutex_);
    auto entries = read_journal(files_, journal());
    if (!entries) return tl::unexpected(entries.error());
    std::erase_if(*entries, [](const auto& e) { return e.starts_with(copies_mark); });
    entries->push_back(fmt::format("{}{} {}", copies_mark, era, lists));
    return replace_journal(files_, journal(), *entries);
}

result<std::string> stored_checkpoints::copies_of(std::uint64_t era) {
    const auto entries = read_journal(files_, journal());
    if (!entries) return tl::unexpected(entries.error());
    const auto mark = fmt::format("{}{} ", copies_mark, era);
    for (const auto& e : *entries)
        if (e.starts_with(mark)) return e.substr(mark.size());
    return std::string();
}

result<std::string> stored_checkpoints::publish(const model_state& state) {
    const std::lock_guard lock(mutex_);
    const auto& run = settings_.identity.run;
    if (state.at.era < era_)
        return fail(failure_code::mismatch,
                    fmt::format("a checkpoint of era {} came when era {} had begun; it is not "
                                "needed any more",
                                state.at.era, era_));
    if (checkpoint_folder(run, state) == published_) return published_;
    auto path = publish_checkpoint(files_, settings_.identity, settings_.layout, state, now_utc_());
    if (!path) return path;
    published_ = *path;
    if (auto r = prune_checkpoints(files_, run, settings_.keep); !r) warn_(r.error().sentence);
    return path;
}

}  // namespace slackline
