// Frames of every kind, with a value of its own in every field: what the first version of the
// protocol can say. The golden frames hold these; a later version adds samples and changes none.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "messages/frame.hpp"

namespace slackline::samples {

struct sample {
    std::string name;  ///< as the union's member in the schema; of RunEvent's: runEvent_<member>
    slackline::frame frame;
};

/// One of every kind, and of a RunEvent one of every event; in the order of the kinds.
std::vector<sample> version_1();

/// `bytes` bytes first, first + 1, ..., each modulo 251, then zeros up to a multiple of 8.
std::shared_ptr<std::vector<std::byte>> payload(std::size_t bytes, unsigned first = 1);

/// A push with one dense payload.
frame push(std::span<const std::byte> dense, std::shared_ptr<const void> owner);

/// The whole message as text: equal texts are equal content.
std::string text(const frame& f);

/// The frame's bytes as they go over the wire.
std::vector<std::byte> bytes(const frame& f, bool with_checksum = true);

}  // namespace slackline::samples
