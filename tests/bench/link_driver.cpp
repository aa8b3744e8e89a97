#include "tests/bench/link_driver.hpp"

#include <algorithm>
#include <stdexcept>

#include "actors/shard_frames.hpp"
#include "actors/wire_order.hpp"

namespace slackline::bench {

namespace {

constexpr std::uint64_t era = 1;
constexpr std::uint64_t incarnation = 1;
constexpr address shard_0{role::SHARD, 0};
constexpr address worker_0{role::WORKER, 0};

frame_builder message(role from) {
    return {{from, 0}, shard_0, link_run, era};
}

}  // namespace

link_driver::link_driver(link_work work, events told)
    : work_(work),
      told_(std::move(told)),
      gradients_(work.bytes / sizeof(float), 2 * work.depth + 2) {
    std::vector<std::shared_ptr<buffer>> all;
    while (const auto b = gradients_.try_acquire()) {
        std::fill_n(b->data(), b->size(), 1.0f);
        all.push_back(b);
    }
}

void link_driver::tick(std::int64_t, outbox& out) {
    if (begun_) return fill(out);
    auto b = message(role::COORDINATOR);
    b.root().initRestore().setInitial(true);
    out.push_back({shard_0, b.finish()});
}

void link_driver::handle(const frame&, wire::Message::Reader m, std::int64_t, outbox& out) {
    switch (m.which()) {
        case wire::Message::RESTORED:
            begun_ = true;
            break;
        case wire::Message::LANDED:
            landed(m.getLanded(), out);
            break;
        case wire::Message::PULLED:
            pulled(m.getPulled());
            break;
        case wire::Message::REFUSED:
            throw std::runtime_error(m.getRefused().getSentence().cStr());
        default:
            return;
    }
    fill(out);
}

void link_driver::fill(outbox& out) {
    while (begun_ && pushed_ < work_.warm + work_.items && pushed_ - closed_ < work_.depth)
        push(out);
}

void link_driver::push(outbox& out) {
    const auto gradient = gradients_.try_acquire();
    if (!gradient) throw std::runtime_error("a gradient that has landed is still being sent");
    auto b = message(role::WORKER);
    auto p = b.root().initPush();
    p.setIncarnation(incarnation);
    p.setItem(work_.steps ? pushed_ : 0);
    p.setBase(seen_);
    p.setAttempt(++pushed_);
    if (!work_.steps) p.initWithdrawn(1).set(0, pushed_ - 1);
    attach_floats(
        b, [&](unsigned n) { return p.initDense(n); }, gradient->data(), gradient->size(),
        gradient);
    bases_[pushed_] = seen_;
    out.push_back({shard_0, b.finish()});
}

void link_driver::landed(wire::Landed::Reader l, outbox& out) {
    const auto base = bases_.extract(l.getAttempt());
    if (base.empty()) return;
    if (!work_.steps) return closed();
    const item_id item = l.getItem();
    auto records = message(role::SEQUENCER);
    auto r = records.root().initRecords();
    r.setFirst(applied_);
    write(r.initRecords(1)[0],
          apply_record{++applied_,
                       {{item, base.mapped(), {worker_0.index, incarnation}, 1, l.getAttempt()}},
                       1,
                       {1, 1, 1}});
    out.push_back({shard_0, records.finish()});
    auto pull = message(role::WORKER);
    auto p = pull.root().initPull();
    p.setRequest(applied_);
    p.setItem(item);
    p.setIncarnation(incarnation);
    p.setFloor(applied_);
    out.push_back({shard_0, pull.finish()});
}

// Gradients and rate are 1 and the parameters began at 0: a version holds its count, negative.
void link_driver::pulled(wire::Pulled::Reader p) {
    const auto bytes = contiguous(p.getDense(), work_.bytes);
    const auto* w = reinterpret_cast<const float*>(bytes.data());
    const auto expected = -static_cast<float>(p.getCount());
    if (bytes.empty() || w[0] != expected || w[work_.bytes / sizeof(float) - 1] != expected)
        throw std::runtime_error("parameters came back with a wrong value");
    seen_ = std::max(seen_, p.getCount());
    closed();
}

void link_driver::closed() {
    ++closed_;
    if (closed_ == work_.warm) told_.warm();
    if (closed_ == work_.warm + work_.items) told_.done();
}

}  // namespace slackline::bench
