// Sparse samples in compressed rows, with class labels or regression targets.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/data/dataset.hpp"

namespace slackline {

struct sparse_samples {
    std::vector<std::uint64_t> row_start{0};  ///< [samples + 1]
    std::vector<std::uint64_t> ids;
    std::vector<float> values;
    std::vector<std::int32_t> labels;  ///< [samples]; empty for a regression
    std::vector<float> targets;        ///< [samples]; empty for classes
};

class sparse_dataset : public dataset {
public:
    sparse_dataset(sparse_samples samples, data_shape shape);

    data_shape shape() const override { return shape_; }
    std::uint64_t size() const override { return samples_.row_start.size() - 1; }
    std::uint32_t checksum() const override { return checksum_; }
    void fill(std::span<const std::uint64_t> samples, batch& out) const override;

private:
    sparse_samples samples_;
    data_shape shape_;
    std::uint32_t checksum_;
};

}  // namespace slackline
