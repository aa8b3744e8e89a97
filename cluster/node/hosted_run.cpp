#include "cluster/node/hosted_run.hpp"

#include <chrono>

#include "cluster/node/held_part.hpp"

namespace slackline {

namespace {

constexpr std::int64_t ask_again_beats = 5;
constexpr std::int64_t hand_over_beats = 5;  // until it is clear who hands over

using milliseconds = std::chrono::milliseconds;

}  // namespace

hosted_run::hosted_run(hosted_run_settings settings, hosted_run_edges edges)
    : settings_(std::move(settings)),
      edges_(std::move(edges)),
      link_(edges_.link),
      here_(std::make_shared<const node_place>(settings_.here)) {}

// The process ends, perhaps in the middle of a run.
hosted_run::~hosted_run() {
    {
        const lock l(mutex_);
        closing_ = true;
        changed_.notify_all();
    }
    if (thread_.joinable()) thread_.join();
}

void hosted_run::know(node_place here) {
    auto known = std::make_shared<const node_place>(std::move(here));
    const lock l(mutex_);
    here_ = std::move(known);
}

void hosted_run::open(const frame&, wire::RunSpec::Reader spec) {
    if (thread_.joinable()) thread_.join();  // it has said that nothing is held: its last word
    auto order = read_order(spec);
    const lock l(mutex_);
    closing_ = forgets_ = draining_ = drained_ = handed_back_ = false;
    ended_.reset();
    state_ = {spec.getRun(), wire::Hosting::OPENING, ""};
    if (!order) {
        state_ = {spec.getRun(), wire::Hosting::REFUSED, order.error().sentence};
        return;
    }
    thread_ = std::thread([this, o = std::move(*order)] { hold(o); });
}

void hosted_run::close() {
    let_go(true);
}

void hosted_run::stop() {
    let_go(false);
}

void hosted_run::let_go(bool for_ever) {
    const lock l(mutex_);
    if (state_.run == 0) return;
    if (state_.hosting == wire::Hosting::REFUSED) {
        state_ = {};
        return;
    }
    closing_ = true;
    forgets_ = forgets_ || for_ever;
    state_.hosting = wire::Hosting::LEAVING;
    changed_.notify_all();
}

void hosted_run::drain() {
    {
        const lock l(mutex_);
        draining_ = true;
        changed_.notify_all();
        if (state_.hosting != wire::Hosting::OPENING) return;
    }
    close();
}

bool hosted_run::drained() const {
    const lock l(mutex_);
    return drained_ || state_.run == 0 || state_.hosting == wire::Hosting::REFUSED;
}

bool hosted_run::handed_back() const {
    if (drained()) return true;
    const lock l(mutex_);
    return handed_back_;
}

hosting_state hosted_run::now() const {
    const lock l(mutex_);
    return state_;
}

void hosted_run::refuse(const std::string& sentence) {
    const lock l(mutex_);
    state_ =
        closing_ ? hosting_state{} : hosting_state{state_.run, wire::Hosting::REFUSED, sentence};
}

void hosted_run::hold(const run_order& order) {
    const auto here = [this] {
        const lock l(mutex_);
        return here_;
    }();
    const auto part = make_part(order, *here, settings_.models);
    if (!part) return refuse(part.error().sentence);
    serve(*part, order, *here);
}

void hosted_run::serve(const run_part& part, const run_order& order, const node_place& here) {
    std::optional<std::string> lost;
    {
        held_part held(
            part, order, here,
            {edges_.system, edges_.actors, link_, edges_.clock, edges_.incarnations, edges_.log});
        if (!closing()) {
            const auto started = held.start([this](const std::string& reason) { over(reason); });
            if (!started) return refuse(started.error().sentence);
            if (opened()) lost = follow(held);
            end(held);
        }
        if (forgets()) held.forget_logs();
    }
    if (lost) edges_.on_lost(*lost);
    const lock l(mutex_);
    state_ = {};
}

bool hosted_run::forgets() const {
    const lock l(mutex_);
    return forgets_ && !draining_;
}

bool hosted_run::closing() const {
    const lock l(mutex_);
    return closing_;
}

void hosted_run::over(const std::string& reason) {
    const lock l(mutex_);
    ended_ = reason;
    changed_.notify_all();
}

bool hosted_run::opened() {
    const lock l(mutex_);
    if (!closing_) state_.hosting = wire::Hosting::OPEN;
    return !closing_;
}

std::optional<std::string> hosted_run::follow(held_part& part) {
    {
        lock l(mutex_);
        changed_.wait(l, [&] { return closing_ || ended_ || draining_; });
        if (closing_) return std::nullopt;
        if (ended_) return ended_;
    }
    return drain_all(part);
}

std::optional<std::string> hosted_run::drain_all(held_part& part) {
    part.drain();
    const auto begun_ms = edges_.clock.now_ms();
    for (std::int64_t beat = part.coordinates() ? 0 : -hand_over_beats;; ++beat) {
        if (beat == 0) link_.begin(part.holders_of_state());
        if (beat == 0 && part.coordinates()) part.request_checkpoint();
        const bool late = edges_.clock.now_ms() - begun_ms >= part.give_up_ms();
        const bool done = late || (beat >= 0 && link_.seen() && part.workers_drained());
        if (!part.coordinates() && beat >= 0 && !link_.seen() && !late &&
            beat % ask_again_beats == 0)
            ask_for_checkpoint(part.run());
        lock l(mutex_);
        drained_ = drained_ || done;
        handed_back_ = part.workers_drained();
        changed_.wait_for(l, milliseconds(part.heartbeat_ms()),
                          [this] { return closing_ || ended_; });
        if (closing_) return std::nullopt;
        if (ended_) return ended_;
    }
}

void hosted_run::ask_for_checkpoint(std::uint64_t run) {
    const address registrar{role::REGISTRAR, 0};
    frame_builder b({role::NODE, settings_.here.node}, registrar, run, 0);
    b.root().initAsk().setWhat(wire::Ask::What::CHECKPOINT);
    link_.send(registrar, b.finish());
}

void hosted_run::end(held_part& part) {
    lock l(mutex_);
    state_.hosting = wire::Hosting::LEAVING;
    if (ended_) return;
    part.stop();
    const auto over = [this] { return ended_.has_value(); };
    if (changed_.wait_for(l, milliseconds(settings_.stop_ms), over)) return;
    l.unlock();
    edges_.on_stuck();
    l.lock();
    changed_.wait(l, over);
}

}  // namespace slackline
