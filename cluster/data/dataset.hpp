// A data set in memory: numbered samples that fill batches.
//
// Owner and thread: immutable after it was read; fill may be called from any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "kernels/batch.hpp"
#include "messages/failure.hpp"

namespace slackline {

class dataset {
public:
    virtual ~dataset() = default;
    virtual data_shape shape() const = 0;
    virtual std::uint64_t size() const = 0;

    /// CRC32C over the content: a resumed run must see the same data.
    virtual std::uint32_t checksum() const = 0;

    /// Samples [samples] in this order; the memory of `out` is used again. Each < size().
    virtual void fill(std::span<const std::uint64_t> samples, batch& out) const = 0;
};

/// The samples [begin, end) of another data set.
class part_of_dataset : public dataset {
public:
    part_of_dataset(std::shared_ptr<const dataset> whole, std::uint64_t begin, std::uint64_t end)
        : whole_(std::move(whole)), begin_(begin), end_(end) {}

    data_shape shape() const override { return whole_->shape(); }
    std::uint64_t size() const override { return end_ - begin_; }
    std::uint32_t checksum() const override { return whole_->checksum(); }
    void fill(std::span<const std::uint64_t> samples, batch& out) const override {
        std::vector<std::uint64_t> shifted(samples.begin(), samples.end());
        for (auto& s : shifted) s += begin_;
        whole_->fill(shifted, out);
    }

private:
    std::shared_ptr<const dataset> whole_;
    std::uint64_t begin_;
    std::uint64_t end_;
};

}  // namespace slackline
