// The safetensors format: a JSON header that names tensors, and their bytes behind it.
//
// Written as the reference reader wants it: 8-byte little-endian header length, header padded with
// spaces to a multiple of 8, tensors without gaps in the order of their offsets.
// Pure. Thread: any.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "actors/storage.hpp"

namespace slackline {

enum class tensor_type { f32, u64 };

struct tensor_entry {
    std::string name;
    tensor_type type = tensor_type::f32;
    std::vector<std::size_t> shape;
    std::span<const std::byte> data;  ///< product of shape times 4 or 8 bytes
};

bytes write_safetensors(std::span<const tensor_entry> tensors,
                        const std::map<std::string, std::string>& metadata);

/// Entries refer to `file`. `place` names it in errors.
result<std::vector<tensor_entry>> read_safetensors(std::span<const std::byte> file,
                                                   const std::string& place);

}  // namespace slackline
