#include "actors/input_log.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t run = 3;
constexpr std::uint64_t era = 2;

/// Takes everything and tells nothing: the test does.
struct silent_log : log_edge {
    void append(frame, urgency) override {}
    void sync() override {}
    void read(std::uint64_t, std::uint64_t) override {}
    void trim(std::uint64_t) override {}
};

frame some(address from, address to) {
    frame_builder b(from, to, run, era);
    b.root().initReady();
    return b.finish();
}

/// A primary with a log and one copy, which has answered nothing, and an answer that waits.
struct waiting {
    silent_log log;
    input_log inputs{&log, {{role::SHARD, 0}, run, 10, 2, 40, 4}};
    outbox out;

    waiting() {
        inputs.copies().begin_era(era);
        frame_builder b({role::COORDINATOR, 0}, {role::SHARD, 0}, run, era);
        auto lead = b.root().initLead();
        lead.setIncarnation(10);
        lead.setTerm(1);
        write_copies([&](unsigned n) { return lead.initMembers(n); }, {{1, 20}});
        const auto f = b.finish();
        inputs.lead(frame_reader(f).root().getLead(), out);
        inputs.append(some({role::WORKER, 0}, {role::SHARD, 0}), urgency::at_once, out);
        inputs.send({{role::WORKER, 0}, some({role::SHARD, 0}, {role::WORKER, 0})}, out);
        out.clear();
    }
    bool answers() const {
        return std::any_of(out.begin(), out.end(),
                           [](const auto& o) { return o.to.role == role::WORKER; });
    }
};

}  // namespace

TEST_CASE("an answer waits for the log and for the copy", "[input-log]") {
    waiting w;
    w.inputs.note({1}, w.out);
    CHECK_FALSE(w.answers());
}

TEST_CASE("what waited in a life that is over is never said", "[input-log]") {
    waiting w;
    w.inputs.begin_life(11);
    w.inputs.note({1}, w.out);  // no copy is waited for any more
    CHECK_FALSE(w.answers());
}
