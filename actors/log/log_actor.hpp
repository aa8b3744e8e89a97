// The actor that owns a write-ahead log on behalf of another.
//
// It blocks: give it a thread of its own. Appends that are queued together become durable with one
// sync (group commit): a sync is queued behind what is there, and whoever appended last is told.
// Where the log cannot be opened, written or read, it ends with the reason; its supervisor starts
// it again, from the disk, with the actor whose log it is. A log that is damaged is set aside
// under the name `<folder>.damaged` and an empty one takes its place: what it held is lost, which
// that actor finds out.
// Owner and thread: its own actor. Edges: a storage, a lock on the folder, a listener.
#pragma once

#include <caf/actor.hpp>
#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/event_based_actor.hpp>
#include <functional>
#include <memory>
#include <string>

#include "actors/log/write_ahead_log.hpp"
#include "actors/log_edge.hpp"

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slackline::logged)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(slackline::logged_part)

namespace slackline {

struct log_place {
    storage* files = nullptr;
    std::string folder;
    log_identity id;
    std::uint64_t segment_bytes = 16u << 20;
    /// Holds the folder for this log while the result lives; refused while another has it. Tried
    /// for `lock_ms`: a former life may be about to end.
    std::function<result<std::shared_ptr<void>>(const std::string& folder)> lock;
    std::int64_t lock_ms = 5'000;
    std::function<void(const std::string& sentence)> tell;
};

caf::behavior log_actor(caf::event_based_actor* self, log_place place);

/// The edge to a log actor, for the actor `self`.
std::unique_ptr<log_edge> edge_to_log(caf::event_based_actor* self, caf::actor log);

}  // namespace slackline
