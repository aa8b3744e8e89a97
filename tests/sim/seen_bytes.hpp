// What a checker keeps of the messages that it saw, and compares.
#pragma once

#include <capnp/serialize.h>
#include <fmt/format.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "messages/frame.hpp"

namespace slackline {

// What it goes to, and what it withdraws, may have changed since.
inline std::string gradient_bytes(const frame& f) {
    frame_reader reader(f);
    const auto p = reader.root().getPush();
    auto all = fmt::format("{} ", p.getBase());
    const auto add = [&](capnp::Data::Reader d) {
        all.append(reinterpret_cast<const char*>(d.begin()), d.size());
    };
    for (auto d : p.getDense()) add(d);
    for (auto t : p.getTables()) {
        for (auto id : t.getIds()) all += fmt::format("{} ", id);
        add(t.getRows());
    }
    return all;
}

inline bool same_gradient(const frame& a, const frame& b) {
    return gradient_bytes(a) == gradient_bytes(b);
}

// A frame with memory of its own: the sender's buffers go back to their pool.
inline frame copy_of(const frame& f) {
    auto memory = std::make_shared<std::vector<std::vector<std::uint64_t>>>();
    std::vector<frame_segment> segments;
    for (const auto& s : f.segments()) {
        auto& words = memory->emplace_back((s.bytes.size() + 7) / 8);
        if (!words.empty()) std::memcpy(words.data(), s.bytes.data(), s.bytes.size());
        segments.push_back({std::as_bytes(std::span(words)), s.payload});
    }
    return {f.envelope(), std::move(segments), memory};
}

inline std::string bytes_of(wire::Record::Reader r) {
    capnp::MallocMessageBuilder copy;
    copy.setRoot(r);
    const auto words = capnp::messageToFlatArray(copy);
    return {reinterpret_cast<const char*>(words.begin()), words.size() * sizeof(capnp::word)};
}

}  // namespace slackline
