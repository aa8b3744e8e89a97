// The simulated nodes' links: production's connections and their rules, on simulated streams.
//
// Frames between nodes become bytes, on the connection of their lane, and frames again. A node
// calls those with lower numbers, once a heartbeat until it is answered. A connection ends as its
// two ends see fit; what was under way on it is lost. Bytes come late and in parts, and by the seed
// a bit of them is turned: the network holds that nothing comes out behind it.
//
// Owner and thread: the simulation's one thread. Time is given; nothing moves by itself.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "actors/edges.hpp"
#include "cluster/link/connection_core.hpp"
#include "cluster/link/peer_links.hpp"
#include "tests/sim/sim_stream.hpp"

namespace slackline {

struct network_counts {
    std::uint64_t bytes = 0;     ///< written
    std::uint64_t opened = 0;    ///< connections whose caller has seen the proof
    std::uint64_t resets = 0;    ///< connections that the network ended
    std::uint64_t silences = 0;  ///< ends that heard nothing for too long
    std::uint64_t damaged = 0;   ///< turned bits that arrived
    std::uint64_t refused = 0;   ///< of these; the connections of the others ended before
    std::uint64_t one_way = 0;   ///< partitions of one direction

    void add(const network_counts& other);
};

class sim_network {
public:
    enum class direction { both, from_node, to_node };

    sim_network(std::uint32_t nodes, std::uint64_t seed, stream_faults faults,
                const clock_edge& clock, std::function<void(address to, frame f)> arrived);
    ~sim_network();

    void send(std::uint32_t from, std::uint32_t to, const frame& f);

    /// What is due happens.
    void step();

    /// One connection, whichever it is, is reset.
    void reset_one();

    /// A node has died and is there again as another process.
    void cut(std::uint32_t which);

    /// Until then bytes from or to this node, or both, come to nothing, or are held back.
    void part(std::uint32_t of, direction which, std::int64_t until_ms);

    /// From now on bytes are late and in parts, and that is all.
    void heal();

    /// All processes have ended at once.
    void clear();

    const network_counts& counts() const { return counts_; }
    const std::vector<std::string>& violations() const { return violations_; }

private:
    struct side;
    struct line;
    struct node {
        std::uint64_t incarnation = 1;
        std::int64_t beat_ms = 0;
        std::vector<peer_links<side*>> peers;
    };
    struct call {
        std::uint32_t from;
        std::uint32_t to;
        std::size_t lane;
    };
    struct partition {
        std::uint32_t node = 0;
        direction which = direction::both;
        bool holds_back = false;
        std::int64_t until_ms = 0;
    };

    void beat(std::uint32_t n);
    void answer(const call& c);
    void open_line(const call& c);
    session_settings settings_of(const call& c, bool dialler);
    connection_events events_of(side& s);
    void opened(side& s);
    void closed(side& s, const std::string& why);
    void deliver(line& l, std::size_t to);
    void feed(side& s, const sim_stream::part& p);
    void write_on(line& l, std::size_t from);
    bool parted(std::uint32_t from, std::uint32_t to) const;
    std::int64_t some_delay() {
        return std::int64_t(random_() % std::uint64_t(faults_.delay_max_ms + 1));
    }

    std::mt19937_64 random_;
    stream_faults faults_;
    const clock_edge& clock_;
    std::function<void(address to, frame f)> arrived_;
    std::vector<node> nodes_;
    std::vector<std::unique_ptr<line>> lines_;
    std::multimap<std::int64_t, call> calls_;  ///< by when they are answered
    partition parted_;
    network_counts counts_;
    std::vector<std::string> violations_;
};

}  // namespace slackline
