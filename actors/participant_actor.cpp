#include "actors/participant_actor.hpp"

#include <chrono>

#include "actors/thrown.hpp"

namespace slackline {

void set_house_handlers(caf::event_based_actor* self) {
    self->set_default_handler(caf::drop);
    self->set_down_handler([](caf::down_msg&) {});
    self->set_exit_handler([self](caf::exit_msg& m) { self->quit(m.reason); });
    self->set_exception_handler([](std::exception_ptr& thrown) -> caf::error {
        try {
            std::rethrow_exception(thrown);
        } catch (...) {
            return caf::make_error(caf::sec::runtime_error, what_was_thrown());
        }
    });
}

void send_all(outbox& out, link_edge& link) {
    for (auto& o : out) link.send(o.to, std::move(o.frame));
    out.clear();
}

caf::message_handler driven(caf::event_based_actor* self, std::shared_ptr<participant> core,
                            actor_edges edges, std::function<void()> after) {
    set_house_handlers(self);
    self->send(self, tick_atom::value);
    return {
        [=](const frame& f) {
            outbox out;
            frame_reader reader(f);
            const auto began_ms = edges.clock.now_ms();
            core->handle(f, reader.root(), began_ms, out);
            send_all(out, edges.link);
            core->worked(edges.clock.now_ms() - began_ms);
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

caf::behavior participant_actor(caf::event_based_actor* self, std::shared_ptr<participant> core,
                                actor_edges edges) {
    return driven(self, std::move(core), edges, [] {});
}

}  // namespace slackline
