#include "actors/run_book.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace slackline {

namespace {

using json = nlohmann::ordered_json;

tl::unexpected<failure> refuse(const std::string& cause) {
    return fail(failure_code::malformed, cause);
}

template <class Runs>
auto find_in(Runs& runs, std::uint64_t number) {
    return std::find_if(runs.begin(), runs.end(),
                        [&](const booked_run& r) { return r.number == number; });
}

std::string text_of(const json& j) {
    return j.dump(-1, ' ', false, json::error_handler_t::replace);
}

json submitted(const booked_run& r) {
    json j{{"entry", "submitted"},
           {"run", r.number},
           {"name", r.name},
           {"job",
            {{"file", r.job.file},
             {"text", r.job.text},
             {"folder", r.job.folder},
             {"overrides", r.job.overrides}}},
           {"resume", r.resume},
           {"first_era", r.first_era},
           {"time_s", r.time_s}};
    if (r.shards != 0) j["shards"] = r.shards;
    return j;
}

booked_run read_submitted(const json& j) {
    booked_run r;
    j.at("run").get_to(r.number);
    j.at("name").get_to(r.name);
    const auto& job = j.at("job");
    job.at("file").get_to(r.job.file);
    job.at("text").get_to(r.job.text);
    job.at("folder").get_to(r.job.folder);
    job.at("overrides").get_to(r.job.overrides);
    j.at("resume").get_to(r.resume);
    r.shards = j.value("shards", 0u);
    j.at("first_era").get_to(r.first_era);
    j.at("time_s").get_to(r.time_s);
    return r;
}

std::optional<run_state> read_end(const std::string& how) {
    for (const auto state : {run_state::done, run_state::failed, run_state::cancelled})
        if (how == name_of(state)) return state;
    return std::nullopt;
}

}  // namespace

const char* name_of(run_state state) {
    constexpr std::array names{"waiting", "active", "done", "failed", "cancelled"};
    return names[static_cast<std::size_t>(state)];
}

result<run_book> run_book::replay(const std::vector<std::string>& entries) {
    run_book book;
    for (std::size_t i = 0; i < entries.size(); ++i)
        if (auto r = book.apply(entries[i]); !r)
            return refuse(fmt::format("entry {} is wrong: {}", i, r.error().sentence));
    return book;
}

std::vector<std::string> run_book::entries() const {
    std::vector<std::string> all{text_of({{"entry", "numbers"}, {"next", next_}})};
    for (const auto& r : ended_) {
        all.push_back(text_of(submitted(r)));
        all.push_back(end(r.number, r.state, r.sentence));
    }
    for (const auto& r : open_) {
        all.push_back(text_of(submitted(r)));
        if (r.state == run_state::opened) all.push_back(opening(r.number, r.first_era, r.shards));
    }
    return all;
}

result<std::string> run_book::submission(const booked_run& run) const {
    try {
        return submitted(run).dump();
    } catch (const json::exception&) {
        return fail(failure_code::usage,
                    fmt::format("{}: the job, its path or its overrides have bytes that are no "
                                "UTF-8; rename or rewrite them",
                                run.job.file));
    }
}

std::string run_book::opening(std::uint64_t number, std::uint64_t first_era, std::uint32_t shards) {
    return text_of(
        {{"entry", "opened"}, {"run", number}, {"first_era", first_era}, {"shards", shards}});
}

std::string run_book::resharding(std::uint64_t number, std::uint64_t as, std::uint32_t shards) {
    return text_of({{"entry", "resharded"}, {"run", number}, {"as", as}, {"shards", shards}});
}

std::string run_book::end(std::uint64_t number, run_state how, const std::string& sentence) {
    return text_of(
        {{"entry", "ended"}, {"run", number}, {"how", name_of(how)}, {"sentence", sentence}});
}

result<void> run_book::apply(const std::string& entry) {
    try {
        return change(entry);
    } catch (const json::exception& e) {
        return refuse(fmt::format("it does not read as one ({})", e.what()));
    }
}

result<void> run_book::change(const std::string& entry) {
    const auto j = json::parse(entry);
    const auto kind = j.at("entry").get<std::string>();
    if (kind == "numbers") {
        next_ = std::max(next_, j.at("next").get<std::uint64_t>());
        return {};
    }
    if (kind == "submitted") return submit(read_submitted(j));
    const auto number = j.at("run").get<std::uint64_t>();
    if (kind == "opened")
        return open(number, j.at("first_era").get<std::uint64_t>(), j.value("shards", 0u));
    if (kind == "resharded")
        return reshard(number, j.at("as").get<std::uint64_t>(),
                       j.at("shards").get<std::uint32_t>());
    if (kind != "ended") return refuse(fmt::format("\"{}\" is no kind of entry", kind));
    const auto how = read_end(j.at("how").get<std::string>());
    if (!how) return refuse("no run ends like this");
    return finish(number, *how, j.at("sentence").get<std::string>());
}

result<void> run_book::submit(booked_run run) {
    if (run.number == 0 || find(run.number) != nullptr)
        return refuse(fmt::format("the number {} is taken", run.number));
    next_ = std::max(next_, run.number + 1);
    open_.push_back(std::move(run));
    return {};
}

result<void> run_book::open(std::uint64_t number, std::uint64_t first_era, std::uint32_t shards) {
    const auto r = find_in(open_, number);
    if (r == open_.end()) return refuse(fmt::format("there is no run {} to open", number));
    r->state = run_state::opened;
    r->first_era = first_era;
    r->shards = shards;
    return {};
}

result<void> run_book::reshard(std::uint64_t number, std::uint64_t as, std::uint32_t shards) {
    const auto r = find_in(open_, number);
    if (r == open_.end() || r->state != run_state::opened || shards == 0)
        return refuse(fmt::format("there is no run {} to cut into {} shards", number, shards));
    if (as == 0 || find(as) != nullptr) return refuse(fmt::format("the number {} is taken", as));
    next_ = std::max(next_, as + 1);
    r->number = as;
    r->shards = shards;
    r->state = run_state::waiting;
    return {};
}

result<void> run_book::finish(std::uint64_t number, run_state how, const std::string& sentence) {
    const auto r = find_in(open_, number);
    if (r == open_.end()) return refuse(fmt::format("there is no run {} to end", number));
    r->state = how;
    r->sentence = sentence;
    ended_.push_back(std::move(*r));
    open_.erase(r);
    if (ended_.size() > ended_max) ended_.pop_front();
    return {};
}

const booked_run* run_book::find(std::uint64_t number) const {
    if (const auto r = find_in(open_, number); r != open_.end()) return &*r;
    if (const auto r = find_in(ended_, number); r != ended_.end()) return &*r;
    return nullptr;
}

const booked_run* run_book::find(const std::string& name) const {
    for (const auto& r : open_)
        if (r.name == name) return &r;
    for (auto r = ended_.rbegin(); r != ended_.rend(); ++r)
        if (r->name == name) return &*r;
    return nullptr;
}

}  // namespace slackline
