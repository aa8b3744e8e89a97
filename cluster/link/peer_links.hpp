// Which connections lead to one peer: a lane has at most one that is open and one that is tried.
//
// A newer connection replaces an older one, and a newer life of the peer all of its former one's.
// Pure. `Connection` is a handle whose empty value means none; whoever is told that some are
// replaced closes them. Owner and thread: a mesh, or a simulation; one thread at a time.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "cluster/link/link_session.hpp"

namespace slackline {

constexpr std::size_t lanes = 2;

template <class Connection>
class peer_links {
public:
    struct replaced {
        Connection link;
        const char* why;
    };
    enum class loss { none, tried, open };

    /// Whether this lane is to be called now.
    bool idle(std::size_t lane) const {
        const auto& l = lane_[lane];
        return !l.open && !l.trying && !l.calling;
    }

    /// The peer's address is called; then tries() or unanswered().
    void called(std::size_t lane) { lane_[lane].calling = true; }
    void unanswered(std::size_t lane) { lane_[lane].calling = false; }
    void tries(std::size_t lane, Connection c) {
        lane_[lane].calling = false;
        lane_[lane].trying = std::move(c);
    }

    /// Not a process of the peer that is older than one that was here.
    bool admits(std::uint64_t incarnation) const { return incarnation >= incarnation_; }

    /// The peer has proved on `c` who it is. Those that are to be closed now.
    std::vector<replaced> opened(const Connection& c, const link_peer& p) {
        std::vector<replaced> old;
        if (p.incarnation > incarnation_) {
            incarnation_ = p.incarnation;
            for (auto& l : lane_)
                if (auto o = std::exchange(l.open, Connection{}))
                    old.push_back({std::move(o), "a newer process of this node is here"});
        }
        auto& l = lane_[std::size_t(p.lane)];
        l.trying = Connection{};
        if (auto o = std::exchange(l.open, c))
            old.push_back({std::move(o), "a newer connection replaces it"});
        return old;
    }

    /// `c` is over: what it was to this lane.
    loss lost(std::size_t lane, const Connection& c) {
        auto& l = lane_[lane];
        if (l.trying == c) {
            l.trying = Connection{};
            return loss::tried;
        }
        if (l.open != c) return loss::none;
        l.open = Connection{};
        return loss::open;
    }

    /// None where it is empty.
    const Connection& open(wire::Lane lane) const { return lane_[std::size_t(lane)].open; }
    std::uint64_t incarnation() const { return incarnation_; }

    std::vector<Connection> all() const {
        std::vector<Connection> some;
        for (const auto& l : lane_)
            for (const auto& c : {l.open, l.trying})
                if (c) some.push_back(c);
        return some;
    }

private:
    struct lane_links {
        Connection open{};
        Connection trying{};  ///< called from here, not open yet
        bool calling = false;
    };
    std::array<lane_links, lanes> lane_;
    std::uint64_t incarnation_ = 0;
};

}  // namespace slackline
