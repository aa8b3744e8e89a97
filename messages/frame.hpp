// Frame: one immutable message, the same whether it came from this process, a socket or a file.
//
// A frame is a list of Cap'n Proto segments and the owners of their memory. A payload is a segment
// of its own that refers to the sender's buffer: nothing is copied on the way between actors of
// one process, and a link can send the segments in one scatter-gather write.
// Who sends it to whom, and what it is, is read once, when it is built or received.
// Owner and thread: copies share the memory; reading from several threads is safe.
// Payload memory must be readable up to the next multiple of 8 bytes past its end.
#pragma once

#include <capnp/message.h>
#include <capnp/orphan.h>
#include <messages/slackline.capnp.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace slackline {

using role = wire::Role;

/// Who sends or gets a frame. The index counts the actors of a role, the copy those that hold the
/// same shard or sequencer.
struct address {
    slackline::role role = slackline::role::COORDINATOR;
    std::uint32_t index = 0;
    std::uint16_t copy = 0;
    auto operator<=>(const address&) const = default;
};

/// One payload chunk is at most this long; a longer payload is a list of chunks.
constexpr std::size_t chunk_bytes_max = 64u << 20;

/// What every message says of itself.
struct frame_envelope {
    wire::Message::Which kind = wire::Message::PULL;
    address from;
    address to;
    std::uint64_t era = 0;
};

struct frame_segment {
    std::span<const std::byte> bytes;  ///< a whole number of 8-byte words
    bool payload = false;              ///< starts at a multiple of 64 bytes on the wire
};

class frame {
public:
    frame() = default;
    frame(const frame_envelope& envelope, std::vector<frame_segment> segments,
          std::shared_ptr<const void> owner);

    const frame_envelope& envelope() const {
        assert(content_ != nullptr);
        return content_->envelope;
    }

    std::span<const frame_segment> segments() const {
        assert(content_ != nullptr);
        return content_->segments;
    }
    std::size_t size_bytes() const;
    explicit operator bool() const { return content_ != nullptr; }

    /// Keeps the frame's memory alive; for buffers that outlive the frame itself.
    std::shared_ptr<const void> owner() const { return content_; }

private:
    struct content {
        frame_envelope envelope;
        std::vector<frame_segment> segments;
        std::shared_ptr<const void> owner;
    };
    std::shared_ptr<const content> content_;
};

/// Reads a frame; lives on the stack beside it. Throws kj::Exception on a message that breaks its
/// own structure: frames from outside are refused before (messages/decode.hpp), and those built
/// here never do.
class frame_reader {
public:
    /// Follows pointers to 64 times the frame's size: to every payload that often.
    explicit frame_reader(const frame& f);
    frame_reader(std::span<const frame_segment> segments, std::uint64_t traversal_words_max);
    wire::Message::Reader root() { return root_; }

private:
    using words = kj::ArrayPtr<const capnp::word>;
    kj::ArrayPtr<const words> keep(std::span<const frame_segment> segments);

    std::array<words, 4> few_;  ///< where they are enough
    std::vector<words> many_;
    capnp::SegmentArrayMessageReader reader_;
    wire::Message::Reader root_;
};

/// Builds one frame.
class frame_builder {
public:
    frame_builder(address from, address to, std::uint64_t run, std::uint64_t era);

    wire::Message::Builder root() { return root_; }

    /// Puts `payload` (kept alive by `owner`) behind a list of chunks, uncopied. `init(n)` must
    /// return a List(Data)::Builder of n elements.
    template <class Init>
    void attach(Init init, std::span<const std::byte> payload, std::shared_ptr<const void> owner) {
        const std::size_t chunks = (payload.size() + chunk_bytes_max - 1) / chunk_bytes_max;
        auto list = init(static_cast<unsigned>(chunks));
        for (std::size_t c = 0; c < chunks; ++c) {
            const auto part =
                payload.subspan(c * chunk_bytes_max,
                                std::min(chunk_bytes_max, payload.size() - c * chunk_bytes_max));
            list.adopt(static_cast<unsigned>(c), reference(part));
        }
        keep(std::move(owner));
    }

    /// One payload of at most chunk_bytes_max bytes as an orphan, uncopied.
    capnp::Orphan<capnp::Data> attach_one(std::span<const std::byte> payload,
                                          std::shared_ptr<const void> owner);

    frame finish();

private:
    struct storage;
    capnp::Orphan<capnp::Data> reference(std::span<const std::byte> part);
    void keep(std::shared_ptr<const void> owner);

    std::shared_ptr<storage> storage_;
    wire::Message::Builder root_;
};

address read_address(wire::Address::Reader a);
void write(wire::Address::Builder to, address a);
frame_envelope read_envelope(wire::Message::Reader m);

/// A copy of a message that holds no payload, under other addresses.
frame readdressed(wire::Message::Reader m, address from, address to);

/// The bytes of a chunk list as one span; empty when the chunks are not adjacent in memory or sum
/// to another size than `bytes`. Frames keep the chunks of one payload adjacent.
std::span<const std::byte> contiguous(capnp::List<capnp::Data>::Reader chunks, std::size_t bytes);

}  // namespace slackline
