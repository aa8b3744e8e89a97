// CAF's actors on the thread of an io_context: a frame is handled on the thread that read it, where
// CAF's own pool would hand it to another and wake that. A handler of the io_context that sends to
// an idle actor returns when that has acted: it must hold no lock that an actor takes. Actors that
// actors send to act later.
//
// Actors that are spawned detached keep threads of their own. The scheduler runs the io_context
// from the actor system's start to its end; whoever has work for that thread posts it.
#pragma once

#include <boost/asio/io_context.hpp>
#include <caf/actor_system_config.hpp>

namespace slackline {

/// The actor system made of `config` schedules on `context`, which outlives it.
void schedule_on(caf::actor_system_config& config, boost::asio::io_context& context);

}  // namespace slackline
