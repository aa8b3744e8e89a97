// Somebody who connects to a node and speaks no Slackline, or a part of it.
//
// Owner and thread: one test. Every wait has the limit that it is given.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

class raw_peer {
public:
    /// Connects to a Unix socket, or to a port of 127.0.0.1; fails the test where nobody listens.
    explicit raw_peer(const std::string& path);
    explicit raw_peer(std::uint16_t port);
    ~raw_peer();
    raw_peer(const raw_peer&) = delete;
    raw_peer& operator=(const raw_peer&) = delete;

    /// What the other side takes of it; it may have closed before.
    void say(std::span<const std::byte> bytes);
    void say(const std::string& text);

    /// Whether the other side closes in time; what it says meanwhile is thrown away.
    bool closed_within(std::chrono::milliseconds limit);

private:
    int fd_ = -1;
};

/// A port of 127.0.0.1 that is somebody's as long as this lives.
class taken_port {
public:
    taken_port();
    ~taken_port();
    taken_port(const taken_port&) = delete;
    taken_port& operator=(const taken_port&) = delete;
    std::uint16_t number() const { return number_; }

private:
    int fd_ = -1;
    std::uint16_t number_ = 0;
};
