// A small model with two tensors and a table, states of it that differ in every number, and a store
// of them over any storage.
#pragma once

#include <fmt/format.h>

#include "actors/checkpoint/stored_checkpoints.hpp"

namespace slackline {

constexpr std::size_t sample_slots = 2;

inline model_layout sample_layout() {
    return {{{"dense.weight", {3, 2}, {}}, {"dense.bias", {2}, {}}}, {{"rows", 2, {}}}};
}

inline run_identity sample_identity() {
    return {"runner",
            {{"data", "11"}, {"batch", "64"}, {"seed", "5"}, {"model", "mlp"}},
            "adam",
            "# a job with \"quotes\", \xc3\xbc and\n[run]\n"};
}

// Numbers that no other (count, place) has.
inline std::vector<float> sample_numbers(std::uint64_t count, unsigned place, std::size_t n) {
    std::vector<float> v;
    for (std::size_t i = 0; i < n; ++i)
        v.push_back(static_cast<float>(count) + 0.25f * static_cast<float>(place) +
                    0.001f * static_cast<float>(i));
    return v;
}

inline table_rows sample_rows(std::uint64_t count) {
    table_rows t;
    for (std::uint64_t i = 0; i < 1 + count % 4; ++i)
        t.ids.push_back((1ull << 63) + 7 * count + 1'000'003 * i);
    const auto n = 2 * t.ids.size();
    t.rows = sample_numbers(count, 1, n);
    t.state = {sample_numbers(count, 2, n), sample_numbers(count, 3, n)};
    return t;
}

/// `count` items are below the watermark, one behind it is applied and one skipped.
inline ledger_state sample_ledger(std::uint64_t count) {
    ledger_state l;
    l.watermark = count;
    l.applied_above = {count + 1};
    l.skipped_above = {count + 3};
    l.applied = count + 1;
    l.skipped = 1;
    l.count = count;
    l.cuts = count + 2;
    l.position = count + 5;
    l.items_total = 1'000'000;
    l.tries = {{count, 2}};
    l.history.staleness = {count, 1};
    l.history.duplicates = 3;
    l.history.skips = {{count + 3, "the model threw: \"no\"\n"}};
    return l;
}

inline model_state sample_state(std::uint64_t era, std::uint64_t count) {
    model_state s;
    s.at = {era, count};
    s.ledger = sample_ledger(count);
    s.tensors = {sample_numbers(count, 4, 6), sample_numbers(count, 5, 2)};
    s.state = {{sample_numbers(count, 6, 6), sample_numbers(count, 7, 2)},
               {sample_numbers(count, 8, 6), sample_numbers(count, 9, 2)}};
    s.tables = {sample_rows(count)};
    return s;
}

inline bool same(const table_rows& a, const table_rows& b) {
    return a.ids == b.ids && a.rows == b.rows && a.state == b.state;
}

inline bool same(const model_state& a, const model_state& b) {
    bool tables = a.tables.size() == b.tables.size();
    for (std::size_t t = 0; tables && t < a.tables.size(); ++t)
        tables = same(a.tables[t], b.tables[t]);
    return tables && a.at == b.at && a.ledger == b.ledger && a.tensors == b.tensors &&
           a.state == b.state;
}

/// The store of sample states; keeps its warnings.
class sample_store : public stored_checkpoints {
public:
    explicit sample_store(storage& files, std::size_t keep = 2,
                          run_identity identity = sample_identity())
        : stored_checkpoints(
              {std::move(identity), sample_layout(), sample_slots, keep, true}, files,
              [] { return std::string("2026-01-31T12:00:00Z"); },
              [this](const std::string& s) { warnings.push_back(s); }) {}

    std::vector<std::string> warnings;
};

}  // namespace slackline
