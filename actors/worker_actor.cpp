#include "actors/worker_actor.hpp"

#include <chrono>

#include "actors/thrown.hpp"

namespace slackline {

computed run_job(model& m, const compute_job& job, const clock_edge& clock) {
    computed c;
    c.attempt = job.attempt;
    const auto begin_ms = clock.now_ms();
    try {
        c.loss = m.gradient(job.at, *job.samples, job.into);
        c.squared_norm = squared_norm(job.into);
    } catch (...) {
        c.error = what_was_thrown();
    }
    c.compute_ms = clock.now_ms() - begin_ms;
    return c;
}

caf::behavior device_actor(caf::event_based_actor* self, std::shared_ptr<model> m,
                           const clock_edge* clock) {
    set_house_handlers(self);
    return {[self, m, clock](const std::shared_ptr<const compute_job>& job) {
        if (!*job->cancelled)
            self->send(caf::actor_cast<caf::actor>(self->current_sender()),
                       run_job(*m, *job, *clock));
    }};
}

namespace {

class actor_device : public device_edge {
public:
    actor_device(caf::event_based_actor* self, caf::actor device)
        : self_(self), device_(std::move(device)) {}

    void submit(std::shared_ptr<const compute_job> job) override {
        self_->send(device_, std::move(job));
    }

private:
    caf::event_based_actor* self_;
    caf::actor device_;
};

// What a worker's behavior shares between its handlers.
struct worker_state {
    worker_state(caf::event_based_actor* self, worker_parts p)
        : parts(std::move(p)),
          device(self, parts.device),
          core(parts.settings, parts.map, device, *parts.data, *parts.incarnations, parts.tell) {}

    void carry_out(outbox& out, link_edge& link) {
        send_all(out, link);
        if (parts.drained && core.drained()) *parts.drained = true;
    }

    worker_parts parts;
    actor_device device;
    worker core;
};

}  // namespace

caf::behavior worker_actor(caf::event_based_actor* self, worker_parts parts, actor_edges edges) {
    set_house_handlers(self);
    auto state = std::make_shared<worker_state>(self, std::move(parts));
    self->send(self, tick_atom::value);
    return {
        [=](const frame& f) {
            outbox out;
            frame_reader reader(f);
            state->core.handle(f, reader.root(), edges.clock.now_ms(), out);
            state->carry_out(out, edges.link);
        },
        [=](const computed& c) {
            outbox out;
            state->core.handle(c, edges.clock.now_ms(), out);
            state->carry_out(out, edges.link);
        },
        [=](tick_atom) {
            outbox out;
            state->core.tick(edges.clock.now_ms(), out);
            state->carry_out(out, edges.link);
            self->delayed_send(self, std::chrono::milliseconds(edges.heartbeat_ms),
                               tick_atom::value);
        },
        [=](drain_atom) {
            outbox out;
            state->core.drain(out);
            state->carry_out(out, edges.link);
        },
    };
}

}  // namespace slackline
