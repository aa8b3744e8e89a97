// Between a model's layout and its wire form in a RunSpec. Pure; thread: any.
#pragma once

#include <cstddef>

#include "kernels/layout.hpp"
#include "messages/failure.hpp"
#include "messages/frame.hpp"

namespace slackline {

/// More floats in all dense tensors together are refused: 4 TiB, far from where sums of sizes and
/// of their bytes overflow.
constexpr std::size_t layout_floats_max = std::size_t{1} << 40;

/// A row of a table travels in one chunk.
constexpr std::size_t table_width_max = chunk_bytes_max / sizeof(float);

/// Fills the tensors and the tables, in their order; the rest of `to` stays as it is.
void write(const model_layout& layout, wire::RunSpec::Builder to);

/// The layout that was written. Malformed, with the name of the tensor or table, where a shape is
/// empty or has a zero, a width is zero, or a limit above is passed.
result<model_layout> read_layout(wire::RunSpec::Reader from);

}  // namespace slackline
