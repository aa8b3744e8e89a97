// A connection on a real stream: frames out, in the order they were given, and frames in.
//
// Owner and thread: everything happens on the thread of its io_context. It keeps itself alive while
// an operation is pending.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <string>

#include "actors/edges.hpp"
#include "cluster/link/byte_stream.hpp"
#include "cluster/link/connection_core.hpp"
#include "cluster/link/write_turn.hpp"

namespace slackline {

class connection : public std::enable_shared_from_this<connection> {
public:
    using events = connection_events;

    connection(boost::asio::io_context& context, const clock_edge& clock, write_turns& turns,
               std::unique_ptr<byte_stream> stream, session_settings settings, buffer_source memory,
               events told);

    void begin();

    /// A frame that waits here already is not taken a second time. It is written by the end of the
    /// turn.
    void send(const frame& f);

    /// Writes what there is to write; the end of a turn.
    void settle();

    /// Once a heartbeat.
    void tick();

    /// Says goodbye and closes. An empty sentence: the peer is not told why.
    void close(const std::string& why);

    const link_session& session() const { return core_.session(); }
    link_counters counters() const;

private:
    void read_on();
    void took(const stream_progress& p);
    void lost(const std::string& error);
    void write_on();

    const clock_edge& clock_;
    write_turns& turns_;
    std::unique_ptr<byte_stream> stream_;
    connection_core core_;
    bool last_words_said_ = false;  ///< or their time runs
    boost::asio::steady_timer last_words_;
};

}  // namespace slackline
