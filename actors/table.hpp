// One shard's rows of one table: what was updated so far, and the rule for all other rows.
//
// A pull stores nothing; the first update stores the row. Rows keep the order of their first
// update. Owner and thread: its shard.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "kernels/layout.hpp"
#include "kernels/optimizer.hpp"

namespace slackline {

/// Rows with their state, as snapshots and restores carry them.
struct table_rows {
    std::vector<std::uint64_t> ids;
    std::vector<float> rows;                ///< [ids, width]
    std::vector<std::vector<float>> state;  ///< per slot: [ids, width]
};

/// Row gradients of one item, and their factor.
struct row_gradients {
    std::vector<std::uint64_t> ids;  ///< repeats are summed first, in order
    const float* rows = nullptr;     ///< [ids, width]
    float clip = 1;
};

class table {
public:
    table(table_spec spec, std::size_t index, std::uint64_t seed, optimizer_settings optimizer);

    std::size_t width() const { return spec_.width; }

    /// Copies the current row into `to` [width].
    void gather(std::uint64_t id, float* to) const;

    /// One update of every row that an item names; rows are visited in order of first mention.
    void apply(const step_scalars& scalars, std::span<const row_gradients> items, float divisor);

    /// The rows and then each slot of their state, in the order of their first update.
    template <class See>
    void visit(See see) const {
        see(std::span<const float>(content_.rows));
        for (const auto& slot : content_.state) see(std::span<const float>(slot));
    }

    /// The contents now; state only where `with_state`.
    table_rows copy(bool with_state) const;
    void assign(const table_rows& from);
    void clear();

private:
    std::size_t place_of(std::uint64_t id);

    table_spec spec_;
    std::size_t index_;
    std::uint64_t seed_;
    optimizer_settings optimizer_;
    std::unordered_map<std::uint64_t, std::size_t> places_;
    table_rows content_;
};

}  // namespace slackline
