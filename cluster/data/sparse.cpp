#include "cluster/data/sparse.hpp"

#include "messages/crc32c.hpp"

namespace slackline {

namespace {

template <class T>
std::uint32_t extend(std::uint32_t seed, const std::vector<T>& v) {
    return crc32c(std::as_bytes(std::span(v)), seed);
}

}  // namespace

sparse_dataset::sparse_dataset(sparse_samples samples, data_shape shape)
    : samples_(std::move(samples)), shape_(shape) {
    checksum_ = extend(extend(0, samples_.row_start), samples_.ids);
    checksum_ = extend(extend(checksum_, samples_.values), samples_.labels);
    checksum_ = extend(checksum_, samples_.targets);
}

void sparse_dataset::fill(std::span<const std::uint64_t> samples, batch& out) const {
    out.size = samples.size();
    out.features = 0;
    out.row_start.assign(1, 0);
    out.ids.clear();
    out.values.clear();
    out.labels.clear();
    out.targets.clear();
    for (const auto s : samples) {
        for (auto k = samples_.row_start[s]; k < samples_.row_start[s + 1]; ++k) {
            out.ids.push_back(samples_.ids[k]);
            out.values.push_back(samples_.values[k]);
        }
        out.row_start.push_back(static_cast<std::uint32_t>(out.ids.size()));
        if (!samples_.labels.empty()) out.labels.push_back(samples_.labels[s]);
        if (!samples_.targets.empty()) out.targets.push_back(samples_.targets[s]);
    }
}

}  // namespace slackline
