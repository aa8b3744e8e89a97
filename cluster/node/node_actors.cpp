#include "cluster/node/node_actors.hpp"

#include <chrono>

namespace slackline {

namespace {

// What both do: messages and beats to the core, its frames to the link, and a look afterwards.
template <class Core, class After>
caf::message_handler driven(caf::event_based_actor* self, std::shared_ptr<Core> core,
                            actor_edges edges, After after) {
    set_house_handlers(self);
    self->send(self, tick_atom::value);
    return {
        [=](const frame& f) {
            outbox out;
            frame_reader reader(f);
            core->handle(f, reader.root(), edges.clock.now_ms(), out);
            send_all(out, edges.link);
            after();
        },
        [=](tick_atom) {
            outbox out;
            core->tick(edges.clock.now_ms(), out);
            send_all(out, edges.link);
            self->delayed_send(self, std::chrono::milliseconds(edges.heartbeat_ms),
                               tick_atom::value);
            after();
        },
    };
}

}  // namespace

caf::behavior agent_actor(caf::event_based_actor* self, std::shared_ptr<node_agent> core,
                          actor_edges edges, std::function<void()> left) {
    const auto look = [core, left] {
        if (core->left()) left();
    };
    return driven(self, core, edges, look).or_else([core](leave_atom) { core->leave(); });
}

caf::behavior registrar_actor(caf::event_based_actor* self, std::shared_ptr<registrar> core,
                              actor_edges edges, std::function<void(const std::string&)> failed) {
    return driven(self, core, edges, [core, failed] {
        if (const auto& why = core->failed()) failed(*why);
    });
}

}  // namespace slackline
