// A digest of a shard's state that is cheap enough to take at every version: of a part of it, which
// moves on from version to version and has been everywhere after `versions` of them.
//
// Copies that hold the same bits have the same digests; where they differ, that shows within twice
// as many versions. A digest sums what was seen since the part was at the beginning, so one that
// begins in the middle says nothing until it has come round.
// Pure. Owner and thread: its shard.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace slackline {

class state_digest {
public:
    static constexpr std::uint64_t versions = 64;

    /// The state was replaced as a whole.
    void begin() { begun_ = false; }

    /// The state is of version `count` now. `parts(see)` must call see(span) for each array of it,
    /// in one order.
    template <class Parts>
    void note(std::uint64_t count, Parts parts) {
        const auto at = count % versions;
        if (at == 0) {
            begun_ = true;
            crc_ = 0;
        }
        if (begun_) parts([&](std::span<const float> all) { add(all, at); });
    }

    /// None: it has not come round yet.
    std::optional<std::uint32_t> now() const { return begun_ ? std::optional(crc_) : std::nullopt; }

private:
    void add(std::span<const float> all, std::uint64_t at);

    bool begun_ = false;
    std::uint32_t crc_ = 0;
};

}  // namespace slackline
