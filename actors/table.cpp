#include "actors/table.hpp"

#include <algorithm>
#include <array>
#include <cassert>

namespace slackline {

table::table(table_spec spec, std::size_t index, std::uint64_t seed, optimizer_settings optimizer)
    : spec_(std::move(spec)), index_(index), seed_(seed), optimizer_(optimizer) {
    content_.state.resize(state_slots(optimizer_.kind));
}

void table::gather(std::uint64_t id, float* to) const {
    if (const auto found = places_.find(id); found != places_.end()) {
        std::copy_n(&content_.rows[found->second * spec_.width], spec_.width, to);
        return;
    }
    for (std::size_t c = 0; c < spec_.width; ++c)
        to[c] = initial_value(spec_.init, seed_, table_stream(index_), id * spec_.width + c);
}

std::size_t table::place_of(std::uint64_t id) {
    if (const auto found = places_.find(id); found != places_.end()) return found->second;
    const std::size_t place = content_.ids.size();
    const std::size_t end = (place + 1) * spec_.width;
    content_.rows.resize(end);
    gather(id, &content_.rows[place * spec_.width]);
    places_.emplace(id, place);
    content_.ids.push_back(id);
    for (auto& slot : content_.state) slot.resize(end, 0.0f);
    return place;
}

namespace {

struct mention {
    std::uint64_t id;
    std::size_t first;  ///< place of the id's first mention in the record
    std::size_t item;
    const float* row;
};

// Every mention of the record's items, an id's mentions side by side, ids by first mention, an
// id's mentions in the record's order.
std::vector<mention> mentions_of(std::span<const row_gradients> items, std::size_t width) {
    std::vector<mention> all;
    std::unordered_map<std::uint64_t, std::size_t> first;
    for (std::size_t i = 0; i < items.size(); ++i)
        for (std::size_t k = 0; k < items[i].ids.size(); ++k) {
            const auto id = items[i].ids[k];
            const auto at = first.emplace(id, all.size()).first->second;
            all.push_back({id, at, i, items[i].rows + k * width});
        }
    std::stable_sort(all.begin(), all.end(),
                     [](const mention& a, const mention& b) { return a.first < b.first; });
    return all;
}

// The mentions [begin, end) of one id as one slice an item, repeats within an item summed first.
void collect(std::span<const mention> of_id, std::span<const row_gradients> items,
             std::size_t width, std::vector<weighted_slice>& slices, std::vector<float>& sums) {
    slices.clear();
    sums.assign(of_id.size() * width, 0.0f);
    for (std::size_t m = 0; m < of_id.size();) {
        std::size_t end = m + 1;
        while (end < of_id.size() && of_id[end].item == of_id[m].item) ++end;
        const float* row = of_id[m].row;
        if (end - m > 1) {
            float* sum = &sums[m * width];
            std::copy_n(row, width, sum);
            for (std::size_t r = m + 1; r < end; ++r)
                for (std::size_t c = 0; c < width; ++c) sum[c] += of_id[r].row[c];
            row = sum;
        }
        slices.push_back({row, items[of_id[m].item].clip});
        m = end;
    }
}

}  // namespace

void table::apply(const step_scalars& scalars, std::span<const row_gradients> items,
                  float divisor) {
    const auto all = mentions_of(items, spec_.width);
    std::vector<weighted_slice> slices;
    std::vector<float> sums;
    for (std::size_t m = 0; m < all.size();) {
        std::size_t end = m + 1;
        while (end < all.size() && all[end].id == all[m].id) ++end;
        collect(std::span(all).subspan(m, end - m), items, spec_.width, slices, sums);
        const std::size_t at = place_of(all[m].id) * spec_.width;
        std::array<float*, 2> state{};
        assert(content_.state.size() <= state.size());
        for (std::size_t s = 0; s < content_.state.size(); ++s) state[s] = &content_.state[s][at];
        float* row = &content_.rows[at];
        slackline::apply(optimizer_, scalars, slices, divisor, spec_.width, row, row,
                         std::span<float* const>(state.data(), content_.state.size()));
        m = end;
    }
}

table_rows table::copy(bool with_state) const {
    table_rows out{content_.ids, content_.rows, {}};
    if (with_state) out.state = content_.state;
    return out;
}

void table::assign(const table_rows& from) {
    assert(from.state.size() == content_.state.size());
    content_ = from;
    places_.clear();
    for (std::size_t p = 0; p < content_.ids.size(); ++p) places_.emplace(content_.ids[p], p);
}

void table::clear() {
    places_.clear();
    content_ = {};
    content_.state.resize(state_slots(optimizer_.kind));
}

}  // namespace slackline
