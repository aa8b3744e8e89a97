#include "messages/frame.hpp"

#include <algorithm>
#include <cassert>

namespace slackline {

namespace {

// The deepest list of the schema lies 6 pointers below the root.
constexpr int nesting_max = 16;

// Most messages fit, and cost one allocation with all that is kept beside them.
constexpr std::size_t first_segment_words = 64;

}  // namespace

frame::frame(const frame_envelope& envelope, std::vector<frame_segment> segments,
             std::shared_ptr<const void> owner)
    : content_(
          std::make_shared<content>(content{envelope, std::move(segments), std::move(owner)})) {}

std::size_t frame::size_bytes() const {
    std::size_t sum = 0;
    for (const auto& s : segments()) sum += s.bytes.size();
    return sum;
}

frame_reader::frame_reader(const frame& f)
    : frame_reader(f.segments(), 64 * (f.size_bytes() / sizeof(capnp::word)) + 8192) {}

frame_reader::frame_reader(std::span<const frame_segment> segments,
                           std::uint64_t traversal_words_max)
    : reader_(keep(segments), capnp::ReaderOptions{traversal_words_max, nesting_max}),
      root_(reader_.getRoot<wire::Message>()) {}

kj::ArrayPtr<const frame_reader::words> frame_reader::keep(
    std::span<const frame_segment> segments) {
    if (segments.size() > few_.size()) many_.resize(segments.size());
    auto* to = many_.empty() ? few_.data() : many_.data();
    for (std::size_t i = 0; i < segments.size(); ++i)
        to[i] = words(reinterpret_cast<const capnp::word*>(segments[i].bytes.data()),
                      segments[i].bytes.size() / sizeof(capnp::word));
    return kj::arrayPtr(to, segments.size());
}

struct frame_builder::storage {
    std::vector<std::shared_ptr<const void>> owners;  // first, so that they outlive the message
    std::vector<const std::byte*> payloads;
    std::array<std::uint64_t, first_segment_words> first{};
    capnp::MallocMessageBuilder message{
        kj::arrayPtr(reinterpret_cast<capnp::word*>(first.data()), first.size())};
};

frame_builder::frame_builder(address from, address to, std::uint64_t run, std::uint64_t era)
    : storage_(std::make_shared<storage>()), root_(storage_->message.initRoot<wire::Message>()) {
    write(root_.initFrom(), from);
    write(root_.initTo(), to);
    root_.setRun(run);
    root_.setEra(era);
}

capnp::Orphan<capnp::Data> frame_builder::reference(std::span<const std::byte> part) {
    assert(part.size() <= chunk_bytes_max);
    assert(reinterpret_cast<std::uintptr_t>(part.data()) % sizeof(capnp::word) == 0);
    storage_->payloads.push_back(part.data());
    return storage_->message.getOrphanage().referenceExternalData(
        capnp::Data::Reader(reinterpret_cast<const kj::byte*>(part.data()), part.size()));
}

void frame_builder::keep(std::shared_ptr<const void> owner) {
    storage_->owners.push_back(std::move(owner));
}

capnp::Orphan<capnp::Data> frame_builder::attach_one(std::span<const std::byte> payload,
                                                     std::shared_ptr<const void> owner) {
    keep(std::move(owner));
    if (payload.empty()) return storage_->message.getOrphanage().newOrphan<capnp::Data>(0);
    return reference(payload);
}

frame frame_builder::finish() {
    std::vector<frame_segment> segments;
    for (auto words : storage_->message.getSegmentsForOutput()) {
        const auto* begin = reinterpret_cast<const std::byte*>(words.begin());
        const bool payload = std::find(storage_->payloads.begin(), storage_->payloads.end(),
                                       begin) != storage_->payloads.end();
        segments.push_back({{begin, words.size() * sizeof(capnp::word)}, payload});
    }
    return frame(read_envelope(root_), std::move(segments), std::move(storage_));
}

address read_address(wire::Address::Reader a) {
    return {a.getRole(), a.getIndex(), a.getCopy()};
}

void write(wire::Address::Builder to, address a) {
    to.setRole(a.role);
    to.setIndex(a.index);
    to.setCopy(a.copy);
}

frame_envelope read_envelope(wire::Message::Reader m) {
    return {m.which(), read_address(m.getFrom()), read_address(m.getTo()), m.getEra()};
}

frame readdressed(wire::Message::Reader m, address from, address to) {
    const auto copy = std::make_shared<capnp::MallocMessageBuilder>();
    copy->setRoot(m);
    auto root = copy->getRoot<wire::Message>();
    write(root.getFrom(), from);
    write(root.getTo(), to);
    std::vector<frame_segment> segments;
    for (auto words : copy->getSegmentsForOutput())
        segments.push_back({{reinterpret_cast<const std::byte*>(words.begin()),
                             words.size() * sizeof(capnp::word)},
                            false});
    return frame(read_envelope(root), std::move(segments), copy);
}

std::span<const std::byte> contiguous(capnp::List<capnp::Data>::Reader chunks, std::size_t bytes) {
    const std::byte* begin = nullptr;
    std::size_t sum = 0;
    for (auto chunk : chunks) {
        const auto* at = reinterpret_cast<const std::byte*>(chunk.begin());
        if (begin == nullptr) begin = at;
        if (at != begin + sum) return {};
        sum += chunk.size();
    }
    return sum == bytes ? std::span(begin, sum) : std::span<const std::byte>();
}

}  // namespace slackline
