// A tensor cut between rows, as shards cut it: each segment in memory of its own, between guards.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "kernels/parameters.hpp"

namespace slackline::test {

class cut_tensor {
public:
    /// `cuts`: the rows before which a new segment begins, ascending, in (0, rows).
    cut_tensor(std::size_t rows, std::size_t width, std::vector<std::size_t> cuts)
        : rows_(rows), width_(width), begins_(std::move(cuts)) {
        begins_.insert(begins_.begin(), 0);
        for (std::size_t i = 0; i < begins_.size(); ++i)
            parts_.emplace_back((end(i) - begins_[i]) * width + 2 * guard_floats, guard);
    }

    /// Views stay good while the tensor is neither moved nor copied over.
    template <class T>
    tensor_view<T> view() {
        tensor_view<T> v{rows_, width_, {}};
        for (std::size_t i = 0; i < begins_.size(); ++i)
            v.segments.push_back({begins_[i], end(i), parts_[i].data() + guard_floats});
        return v;
    }

    void set(std::span<const float> values) {
        for (std::size_t i = 0; i < begins_.size(); ++i)
            std::copy_n(values.begin() + static_cast<std::ptrdiff_t>(begins_[i] * width_),
                        (end(i) - begins_[i]) * width_, parts_[i].begin() + guard_floats);
    }

    std::vector<float> values() const {
        std::vector<float> all;
        for (const auto& part : parts_)
            all.insert(all.end(), part.begin() + guard_floats, part.end() - guard_floats);
        return all;
    }

    bool guards_hold() const {
        return std::all_of(parts_.begin(), parts_.end(), [](const auto& part) {
            return std::count(part.begin(), part.begin() + guard_floats, guard) == guard_floats &&
                   std::count(part.end() - guard_floats, part.end(), guard) == guard_floats;
        });
    }

private:
    static constexpr std::ptrdiff_t guard_floats = 5;
    static constexpr float guard = 12345.678f;

    std::size_t end(std::size_t i) const { return i + 1 < begins_.size() ? begins_[i + 1] : rows_; }

    std::size_t rows_;
    std::size_t width_;
    std::vector<std::size_t> begins_;
    std::vector<std::vector<float>> parts_;
};

/// Ways to cut `rows`: not at all, behind the first row, before the last, at odd places, each row.
inline std::vector<std::vector<std::size_t>> ways_to_cut(std::size_t rows) {
    std::vector<std::vector<std::size_t>> ways{{}};
    if (rows < 2) return ways;
    ways.push_back({1});
    if (rows < 3) return ways;
    ways.push_back({rows - 1});
    ways.push_back({});
    for (std::size_t at = 1; at < rows; at = 2 * at + 1) ways.back().push_back(at);
    ways.push_back({});
    for (std::size_t at = 1; at < rows; ++at) ways.back().push_back(at);
    return ways;
}

}  // namespace slackline::test
