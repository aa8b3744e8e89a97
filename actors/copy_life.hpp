// One life of one of the copies of a shard or sequencer.
#pragma once

#include <compare>
#include <cstdint>
#include <vector>

#include "messages/frame.hpp"

namespace slackline {

struct copy_life {
    std::uint16_t copy = 0;
    std::uint64_t incarnation = 0;
    auto operator<=>(const copy_life&) const = default;
};

inline void write(wire::Copy::Builder to, const copy_life& c) {
    to.setCopy(c.copy);
    to.setIncarnation(c.incarnation);
}

inline copy_life read(wire::Copy::Reader from) {
    return {from.getCopy(), from.getIncarnation()};
}

inline std::vector<copy_life> read(capnp::List<wire::Copy>::Reader from) {
    std::vector<copy_life> all;
    for (auto c : from) all.push_back(read(c));
    return all;
}

/// `init(n)` must return a List(Copy)::Builder of n elements.
template <class Init>
void write_copies(Init init, const std::vector<copy_life>& from) {
    auto list = init(static_cast<unsigned>(from.size()));
    for (unsigned i = 0; i < list.size(); ++i) write(list[i], from[i]);
}

}  // namespace slackline
