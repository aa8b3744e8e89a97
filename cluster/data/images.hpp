// Grey images with class labels, kept as bytes and scaled to [0, 1] when a batch is filled.
#pragma once

#include <cstdint>
#include <vector>

#include "cluster/data/dataset.hpp"

namespace slackline {

class image_dataset : public dataset {
public:
    /// pixels [labels, features]; each label in [0, classes).
    image_dataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels,
                  std::size_t features, std::uint32_t classes);

    data_shape shape() const override { return {features_, classes_, false}; }
    std::uint64_t size() const override { return labels_.size(); }
    std::uint32_t checksum() const override { return checksum_; }
    void fill(std::span<const std::uint64_t> samples, batch& out) const override;

    std::span<const std::uint8_t> pixels() const { return pixels_; }
    std::span<const std::uint8_t> labels() const { return labels_; }

private:
    std::vector<std::uint8_t> pixels_;
    std::vector<std::uint8_t> labels_;
    std::size_t features_;
    std::uint32_t classes_;
    std::uint32_t checksum_;
};

}  // namespace slackline
