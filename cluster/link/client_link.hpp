// A command line's connection to a node: dialled, authenticated, and then frame by frame.
//
// Owner and thread: one thread, which waits here; every wait has the limit that it is given.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "cluster/file/cluster_file.hpp"
#include "messages/frame.hpp"

namespace slackline {

class client_link {
public:
    /// To the node at this place of the file, by its Unix socket where it is on this host, else by
    /// TCP. Errors name the node, the address and what to do.
    static result<std::unique_ptr<client_link>> dial(const cluster_file& file, std::uint32_t node);
    ~client_link();
    client_link(const client_link&) = delete;
    client_link& operator=(const client_link&) = delete;

    /// What frames of this client bear as their sender.
    address own_address() const;

    result<void> send(frame f);

    /// The next frame; none where the time is over first. An error where the connection has ended.
    result<std::optional<frame>> receive(std::int64_t limit_ms);

private:
    struct state;
    explicit client_link(std::unique_ptr<state> s);
    std::unique_ptr<state> state_;
};

}  // namespace slackline
