// What the machine's sockets can do with no framework: two processes and one connection.
//
// The same work as a push and a pull: N bytes of gradient one way, one step of SGD into a fresh
// buffer, N bytes of parameters back; nothing else is said. Sockets have the buffers that
// Slackline's have.
// Owner and thread: the main thread, while the process has no other: the far side is a fork of it.
// Throws std::runtime_error where a socket fails or a value comes out wrong.
#pragma once

#include <cstddef>
#include <cstdint>

namespace slackline::bench {

enum class socket_kind { unix_stream, tcp_loopback };

/// Seconds for `items` gradients of `bytes` bytes, `depth` of them on the way at a time.
double copy_s(socket_kind kind, std::size_t bytes, std::size_t depth, std::uint64_t items);

/// Where a process waits for bytes: asleep in recv, or, as whoever has more than one socket must,
/// in epoll, between a recv that found nothing and one that does.
enum class waiting { in_the_call, in_epoll };

/// Seconds for so many requests of 1 KiB, each answered with 64 bytes, one at a time.
double round_trip_s(socket_kind kind, std::uint64_t trips, waiting how);

}  // namespace slackline::bench
