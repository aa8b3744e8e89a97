// One connection between two nodes, or a command line and a node, without its socket: who is there,
// and whether it still is.
//
// Both sides say hello; then each proves, the dialler first, that it knows the cluster's secret: an
// HMAC-SHA256 (RFC 2104) over a word of its own and both hellos, whose nonces are random. Until
// then 64 KiB and 2 s are all that a peer gets. The dialler then pings, and only when that came
// does the acceptor send: the dialler reads nothing large before it has checked the proof. From
// then on both ping once a heartbeat; who hears nothing for 5 heartbeats closes. One that was late
// itself judges nobody.
//
// Pure: no socket, no clock. Owner and thread: a connection; one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "messages/failure.hpp"
#include "messages/frame.hpp"
#include "messages/header.hpp"

namespace slackline {

constexpr std::size_t nonce_bytes = 32;
constexpr std::size_t unknown_peer_bytes_max = 64 << 10;
constexpr std::int64_t unknown_peer_ms_max = 2'000;
constexpr std::uint64_t frame_bytes_max = 4ull << 30;  ///< of a frame between nodes

/// What a connection's own side is.
struct link_identity {
    std::string cluster;  ///< cluster_id of its file
    std::string node;     ///< empty: a client
    std::uint64_t incarnation = 0;
    std::int64_t heartbeat_ms = 200;
    std::vector<std::byte> secret;
};

/// The other side, as its hello says.
struct link_peer {
    std::string node;  ///< empty: a client
    std::uint64_t incarnation = 0;
    wire::Lane lane = wire::Lane::CONTROL;
};

struct session_settings {
    link_identity own;
    bool dialler = false;
    std::string wanted;                     ///< the dialler: whom it means to reach
    wire::Lane lane = wire::Lane::CONTROL;  ///< the dialler
    std::array<std::byte, nonce_bytes> nonce{};
    /// Whether this peer is let in, where it has proved who it is. A sentence, where it is not.
    std::function<result<void>(const link_peer&)> admit;
};

class link_session {
public:
    explicit link_session(session_settings settings) : settings_(std::move(settings)) {}

    /// The connection stands. The dialler has something to send now.
    void begin(std::int64_t now_ms);

    /// Bytes came, whatever they are.
    void heard(std::size_t bytes, std::int64_t now_ms);

    /// A frame came. True: it is for those behind the link. An error ends the connection, its
    /// sentence is for both sides.
    result<bool> take(const frame& f);

    /// Once a heartbeat.
    result<void> tick(std::int64_t now_ms);

    /// What is to be sent, since this was asked last.
    std::vector<frame> outgoing() { return std::exchange(outgoing_, {}); }

    bool open() const { return open_; }
    const link_peer& peer() const { return peer_; }

    /// What may arrive now.
    frame_limits limits(bool checksummed) const;

    /// For people: the peer's name, or what is known of it.
    std::string peer_name() const;

private:
    result<void> take_hello(const frame& f, wire::Hello::Reader h);
    result<void> take_proof(wire::Proof::Reader p);
    void send_hello();
    void send_proof();
    void send_ping();
    std::vector<std::byte> proof_of(bool dialler) const;

    session_settings settings_;
    link_peer peer_;
    frame own_hello_;
    frame peer_hello_;
    bool proven_ = false;  ///< the peer has proved who it is
    bool open_ = false;    ///< and knows that this side has
    std::size_t unknown_bytes_ = 0;
    std::int64_t begun_ms_ = 0;
    std::int64_t heard_ms_ = 0;
    std::int64_t ticked_ms_ = 0;
    std::vector<frame> outgoing_;
};

/// Why a connection is closed, for the peer.
frame make_goodbye(const std::string& sentence);

}  // namespace slackline
