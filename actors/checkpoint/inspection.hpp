// A checkpoint looked at without its model: what is damaged, and its tensors in figures.
//
// Owner and thread: any; it only reads. Edge: a storage.
#pragma once

#include <string>
#include <vector>

#include "actors/checkpoint/checkpoint_files.hpp"
#include "actors/checkpoint/safetensors.hpp"

namespace slackline {

/// One tensor in figures; those of its values are over the finite ones.
struct tensor_summary {
    std::string name;
    tensor_type type = tensor_type::f32;
    std::vector<std::size_t> shape;
    std::uint64_t values = 0;
    std::uint64_t zeros = 0;
    std::uint64_t not_finite = 0;  ///< infinities and NaNs
    double min = 0;
    double max = 0;
    double mean = 0;
    double deviation = 0;  ///< standard deviation
};

/// Every file of the manifest read again, and held against its checksum, its format and the other
/// files. One failure a damaged file, which it names; empty where all is well.
std::vector<failure> find_damage(storage& files, const checkpoint_info& info);

/// The tensors of a safetensors file, in its order.
result<std::vector<tensor_summary>> summarize(const bytes& file, const std::string& place);

/// Every file of the manifest is there with its size: the cheap sign that a checkpoint is whole.
result<void> has_every_file(storage& files, const checkpoint_info& info);

}  // namespace slackline
