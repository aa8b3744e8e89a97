// Floats and table rows in and out of frames. Thread: any.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "actors/table.hpp"
#include "messages/frame.hpp"

namespace slackline {

/// Payload memory is read in whole 8-byte words: an even number of floats, at least that many.
constexpr std::size_t padded(std::size_t floats) {
    return floats + floats % 2;
}

inline std::span<const std::byte> as_bytes(const float* data, std::size_t floats) {
    return std::as_bytes(std::span(data, floats));
}

/// Attaches floats behind a chunk list, uncopied.
template <class Init>
void attach_floats(frame_builder& b, Init init, const float* data, std::size_t floats,
                   std::shared_ptr<const void> owner) {
    b.attach(init, as_bytes(data, floats), std::move(owner));
}

/// Writes rows into a part of a frame, which keeps them alive.
void write_table(frame_builder& b, wire::TablePart::Builder to, std::shared_ptr<table_rows> rows);

/// Copies rows out of a frame; false when the sizes do not fit width and slots.
bool read_table(wire::TablePart::Reader from, std::size_t width, std::size_t slots, table_rows& to);

/// Copies a chunk list to `to`; false when it does not hold exactly that many floats.
bool read_floats(capnp::List<capnp::Data>::Reader chunks, std::span<float> to);

}  // namespace slackline
