#include "actors/supervisor_actor.hpp"

#include <fmt/format.h>

#include <chrono>
#include <memory>

#include "actors/exit_sentence.hpp"
#include "actors/participant_actor.hpp"
#include "actors/thrown.hpp"

namespace slackline {

namespace {

class supervisor : public std::enable_shared_from_this<supervisor> {
public:
    supervisor(caf::event_based_actor* self, supervisor_spec spec, const clock_edge& clock)
        : self_(self),
          spec_(std::move(spec)),
          clock_(clock),
          core_(rules_of(spec_)),
          children_(spec_.children.size()) {}

    void begin() { carry_out(core_.start(clock_.now_ms())); }
    void asked_to_stop() { carry_out(core_.stop(clock_.now_ms())); }
    void tick() { carry_out(core_.tick(clock_.now_ms())); }

    /// Whatever ended this supervisor, a kill too, leaves nobody without one.
    void take_children_along() const {
        for (const auto& c : children_)
            if (c) caf::anon_send_exit(c, caf::exit_reason::kill);
    }

    void down(const caf::down_msg& m) {
        for (std::size_t c = 0; c < children_.size(); ++c) {
            if (!children_[c] || children_[c].address() != m.source) continue;
            children_[c] = nullptr;
            const bool normal = !m.reason || m.reason == caf::exit_reason::user_shutdown;
            const auto why = m.reason == caf::exit_reason::kill
                                 ? "killed"
                                 : exit_sentence(m.reason, self_->system());
            const auto before = core_.restarts();
            const auto commands = core_.exited(c, normal ? exit_kind::normal : exit_kind::abnormal,
                                               why, clock_.now_ms());
            if (core_.restarts() > before)
                tell(fmt::format("{} ended ({}); it is started again", name(c), why));
            return carry_out(commands);
        }
    }

private:
    static supervision_rules rules_of(const supervisor_spec& s) {
        supervision_rules r{s.strategy, s.restarts_max, s.period_ms, {}};
        for (const auto& c : s.children) r.children.push_back(c.rule);
        return r;
    }

    const std::string& name(std::size_t child) const { return spec_.children[child].rule.name; }
    void tell(const std::string& sentence) const {
        if (spec_.observer) spec_.observer(sentence);
    }

    void carry_out(const supervision_commands& commands) {
        for (const auto& c : commands) switch (c.step) {
                case supervision_step::start:
                    start(c.child);
                    break;
                case supervision_step::stop:
                    stop(c.child);
                    break;
                case supervision_step::kill:
                    self_->send_exit(children_[c.child], caf::exit_reason::kill);
                    break;
                case supervision_step::end:
                    end(c.reason);
                    break;
            }
    }

    void start(std::size_t child) {
        try {
            children_[child] = spec_.children[child].start(self_);
        } catch (...) {
            return carry_out(core_.start_failed(child, what_was_thrown(), clock_.now_ms()));
        }
        self_->monitor(children_[child]);
        carry_out(core_.started(child, clock_.now_ms()));
    }

    void stop(std::size_t child) {
        self_->send_exit(children_[child], caf::exit_reason::user_shutdown);
        self_->delayed_send(self_,
                            std::chrono::milliseconds(spec_.children[child].rule.shutdown_ms),
                            tick_atom::value);
    }

    void end(const std::string& reason) {
        if (reason.empty()) return self_->quit(caf::exit_reason::user_shutdown);
        tell(reason);
        self_->quit(caf::make_error(caf::sec::runtime_error, reason));
    }

    caf::event_based_actor* self_;
    supervisor_spec spec_;
    const clock_edge& clock_;
    supervision core_;
    std::vector<caf::actor> children_;
};

}  // namespace

caf::behavior supervisor_actor(caf::event_based_actor* self, supervisor_spec spec,
                               const clock_edge* clock) {
    set_house_handlers(self);
    auto s = std::make_shared<supervisor>(self, std::move(spec), *clock);
    self->set_down_handler([s](caf::down_msg& m) { s->down(m); });
    self->set_exit_handler([s](caf::exit_msg&) { s->asked_to_stop(); });
    self->attach_functor([s] { s->take_children_along(); });
    s->begin();
    return {[s](tick_atom) { s->tick(); }};
}

}  // namespace slackline
