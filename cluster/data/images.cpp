#include "cluster/data/images.hpp"

#include "messages/crc32c.hpp"

namespace slackline {

image_dataset::image_dataset(std::vector<std::uint8_t> pixels, std::vector<std::uint8_t> labels,
                             std::size_t features, std::uint32_t classes)
    : pixels_(std::move(pixels)),
      labels_(std::move(labels)),
      features_(features),
      classes_(classes),
      checksum_(
          crc32c(std::as_bytes(std::span(labels_)), crc32c(std::as_bytes(std::span(pixels_))))) {}

void image_dataset::fill(std::span<const std::uint64_t> samples, batch& out) const {
    out.size = samples.size();
    out.features = features_;
    out.x.resize(samples.size() * features_);
    out.labels.resize(samples.size());
    for (std::size_t s = 0; s < samples.size(); ++s) {
        const std::uint8_t* from = &pixels_[samples[s] * features_];
        float* to = &out.x[s * features_];
        for (std::size_t f = 0; f < features_; ++f)
            to[f] = static_cast<float>(from[f]) * (1.0f / 255.0f);
        out.labels[s] = labels_[samples[s]];
    }
}

}  // namespace slackline
