#include "actors/shard_frames.hpp"

#include <cstring>

namespace slackline {

namespace {

// The last word is sent whole: what is behind the floats in it is zero, not what memory held.
capnp::Orphan<capnp::Data> attach_padded(frame_builder& b, std::vector<float>& v,
                                         const std::shared_ptr<table_rows>& owner) {
    const std::size_t floats = v.size();
    v.resize(padded(floats), 0.0f);
    return b.attach_one(as_bytes(v.data(), floats), owner);
}

bool assign(capnp::Data::Reader from, std::size_t floats, std::vector<float>& to) {
    if (from.size() != floats * sizeof(float)) return false;
    to.resize(floats);
    if (floats > 0) std::memcpy(to.data(), from.begin(), from.size());
    return true;
}

}  // namespace

void write_table(frame_builder& b, wire::TablePart::Builder to, std::shared_ptr<table_rows> rows) {
    auto ids = to.initIds(static_cast<unsigned>(rows->ids.size()));
    for (unsigned i = 0; i < ids.size(); ++i) ids.set(i, rows->ids[i]);
    to.adoptRows(attach_padded(b, rows->rows, rows));
    auto state = to.initState(static_cast<unsigned>(rows->state.size()));
    for (unsigned s = 0; s < state.size(); ++s)
        state.adopt(s, attach_padded(b, rows->state[s], rows));
}

bool read_table(wire::TablePart::Reader from, std::size_t width, std::size_t slots,
                table_rows& to) {
    to.ids.clear();
    for (auto id : from.getIds()) to.ids.push_back(id);
    const std::size_t floats = to.ids.size() * width;
    if (!assign(from.getRows(), floats, to.rows)) return false;
    to.state.resize(slots);
    if (slots > 0 && from.getState().size() != slots) return false;
    for (unsigned s = 0; s < slots; ++s)
        if (!assign(from.getState()[s], floats, to.state[s])) return false;
    return true;
}

bool read_floats(capnp::List<capnp::Data>::Reader chunks, std::span<float> to) {
    std::size_t at = 0;
    const std::size_t bytes = to.size_bytes();
    for (auto chunk : chunks) {
        if (chunk.size() > bytes - at) return false;
        std::memcpy(reinterpret_cast<std::byte*>(to.data()) + at, chunk.begin(), chunk.size());
        at += chunk.size();
    }
    return at == bytes;
}

}  // namespace slackline
