// Random histories of a supervisor beside a direct transcription of OTP's supervisor, which starts
// and stops its children by calls that block; and, with slow children, what must hold at any time.
#include <fmt/format.h>

#include <algorithm>
#include <random>

#include "actors/supervision.hpp"
#include "kernels/mix.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

/// What befalls the n-th start or stop: drawn from the seed, so both see the same.
struct fate {
    std::uint64_t seed = 0;
    std::uint64_t n = 0;
    std::int64_t now_ms = 0;

    bool start() {
        const auto r = mix64(seed + ++n * golden_gamma);
        now_ms += static_cast<std::int64_t>(r % 7);
        return (r >> 32) % 5 != 0 || n <= 6;
    }
    /// Whether it obeys; if not, it has to be killed when its time is over.
    bool stop(std::int64_t shutdown_ms) {
        const auto r = mix64(seed ^ ++n * golden_gamma);
        const bool obeys = (r >> 32) % 4 != 0;
        now_ms += obeys ? static_cast<std::int64_t>(r % 7) : shutdown_ms;
        return obeys;
    }
};

class blocking_otp {
public:
    blocking_otp(supervision_rules r, std::uint64_t seed)
        : world{seed}, up(r.children.size(), false), rules_(std::move(r)) {
        for (std::size_t c = 0; c < up.size() && !over; ++c)
            if (!start(c)) terminate();
    }
    void exited(std::size_t child, bool normal) {
        up[child] = false;
        const auto kind = rules_.children[child].restart;
        if (kind == restart_kind::permanent || (kind == restart_kind::transient && !normal))
            restart(child);
    }
    void terminate() {
        for (std::size_t c = up.size(); c-- > 0;) stop(c);
        over = true;
        trace += "end";
    }

    fate world;
    std::string trace;
    bool over = false;
    std::uint64_t restarts = 0;
    std::vector<bool> up;

private:
    bool start(std::size_t c) {
        up[c] = world.start();
        trace += fmt::format("{}{} ", up[c] ? '+' : '!', c);
        return up[c];
    }
    void stop(std::size_t c) {
        if (!up[c]) return;
        trace += fmt::format("-{} ", c);
        if (!world.stop(rules_.children[c].shutdown_ms)) trace += fmt::format("x{} ", c);
        up[c] = false;
    }
    void restart(std::size_t child) {
        for (;;) {
            stamps_.push_back(world.now_ms);
            std::erase_if(stamps_,
                          [&](std::int64_t t) { return t < world.now_ms - rules_.period_ms; });
            if (stamps_.size() > rules_.restarts_max) return terminate();
            ++restarts;
            const auto first = rules_.strategy == strategy::one_for_all ? 0 : child;
            const auto end = rules_.strategy == strategy::one_for_one ? child + 1 : up.size();
            for (auto c = end; c-- > first;) stop(c);
            auto c = first;
            while (c < end && (rules_.children[c].restart == restart_kind::temporary || start(c)))
                ++c;
            if (c == end) return;
            child = c;
        }
    }
    supervision_rules rules_;
    std::vector<std::int64_t> stamps_;
};

/// The core, told at once what its commands came to.
class blocking_core {
public:
    blocking_core(const supervision_rules& r, std::uint64_t seed) : world{seed}, core(r) {
        run(core.start(0));
    }
    void exited(std::size_t child, bool normal) {
        run(core.exited(child, normal ? exit_kind::normal : exit_kind::abnormal, "", world.now_ms));
    }
    void terminate() { run(core.stop(world.now_ms)); }

    fate world;
    std::string trace;
    supervision core;

private:
    void run(const supervision_commands& commands) {
        for (const auto& c : commands) {
            if (c.step == supervision_step::end) trace += "end";
            if (c.step == supervision_step::stop) stop(c.child);
            if (c.step != supervision_step::start) continue;
            const bool well = world.start();
            trace += fmt::format("{}{} ", well ? '+' : '!', c.child);
            run(well ? core.started(c.child, world.now_ms)
                     : core.start_failed(c.child, "", world.now_ms));
        }
    }
    void stop(std::size_t child) {
        trace += fmt::format("-{} ", child);
        if (!world.stop(core.rules().children[child].shutdown_ms)) {
            const auto kill = core.tick(world.now_ms);
            for (const auto& k : kill)
                if (k.step == supervision_step::kill) trace += fmt::format("x{} ", k.child);
        }
        run(core.exited(child, exit_kind::abnormal, "", world.now_ms));
    }
};

supervision_rules drawn(std::mt19937_64& r, strategy how) {
    supervision_rules rules{
        how, static_cast<std::uint32_t>(r() % 5), static_cast<std::int64_t>(r() % 80), {}};
    const auto children = 1 + r() % 5;
    for (std::size_t c = 0; c < children; ++c)
        rules.children.push_back({fmt::format("c{}", c),
                                  r() % 2 ? restart_kind::permanent : restart_kind(r() % 3),
                                  1 + static_cast<std::int64_t>(r() % 20)});
    return rules;
}

/// Children that start and stop when the walk says so; the tree's state as seen from outside.
class slow_walk {
public:
    slow_walk(const supervision_rules& r, std::uint64_t seed)
        : rules_(r), core_(r), random_(seed), life_(r.children.size(), 'd') {
        take(core_.start(0));
    }

    void step() {
        now_ms_ += static_cast<std::int64_t>(random_() % 6);
        take(core_.tick(now_ms_));
        const auto c = random_() % life_.size();
        if (life_[c] == 's' && random_() % 6 == 0)
            end(c, 'd', core_.start_failed(c, "", now_ms_));
        else if (life_[c] == 's')
            end(c, 'u', core_.started(c, now_ms_));
        else if (life_[c] == 'k' || (life_[c] == 't' && random_() % 2) ||
                 (life_[c] == 'u' && random_() % 8 == 0))
            end(c, 'd', core_.exited(c, exit_kind(random_() % 2), "", now_ms_));
    }
    void finish() {
        take(core_.stop(now_ms_));
        for (int n = 0; n < 2'000 && !over; ++n) step();
    }

    std::string violation;
    bool over = false;

private:
    // A child's new state counts from before its commands are looked at.
    void end(std::size_t child, char life, const supervision_commands& todo) {
        life_[child] = life;
        take(todo);
    }
    void take(const supervision_commands& todo) {
        for (const auto& c : todo) {
            const auto busy = std::count_if(life_.begin(), life_.end(),
                                            [](char l) { return l != 'd' && l != 'u'; });
            if (over) violation = "a command after the end";
            if (c.step == supervision_step::start) {
                if (busy != 0 || life_[c.child] != 'd') violation = "a start out of turn";
                life_[c.child] = 's';
            } else if (c.step == supervision_step::stop) {
                if (busy != 0 || life_[c.child] != 'u') violation = "a stop out of turn";
                life_[c.child] = 't';
                asked_ms_ = now_ms_;
            } else if (c.step == supervision_step::kill) {
                if (life_[c.child] != 't') violation = "a kill of one who was not asked";
                if (now_ms_ - asked_ms_ < rules_.children[c.child].shutdown_ms)
                    violation = "a kill too early";
                life_[c.child] = 'k';
            } else {
                over = true;
                if (std::count(life_.begin(), life_.end(), 'd') !=
                    static_cast<std::ptrdiff_t>(life_.size()))
                    violation = "an end while a child lives";
            }
        }
    }

    supervision_rules rules_;
    supervision core_;
    std::mt19937_64 random_;
    std::int64_t now_ms_ = 0;
    std::int64_t asked_ms_ = 0;
    std::string life_;  ///< d down, s starting, u up, t asked to stop, k killed
};

}  // namespace

TEST_CASE("random histories go as OTP's supervisor goes") {
    std::size_t ended = 0;
    for (std::uint64_t seed = 1; seed <= 6'000; ++seed) {
        std::mt19937_64 r(seed);
        const auto rules = drawn(r, strategy(seed % 3));
        blocking_otp model(rules, seed);
        blocking_core real(rules, seed);
        for (int n = 0; n < 40 && !model.over; ++n) {
            const auto wait = static_cast<std::int64_t>(r() % 40);
            model.world.now_ms += wait;
            real.world.now_ms += wait;
            const auto child = r() % model.up.size();
            const bool normal = r() % 2 == 0;
            if (!model.up[child]) continue;
            model.exited(child, normal);
            real.exited(child, normal);
        }
        ended += model.over ? 1 : 0;
        if (!model.over) {
            model.terminate();
            real.terminate();
        }
        INFO("seed " << seed << ", restarts_max " << rules.restarts_max << ", period "
                     << rules.period_ms << " ms");
        REQUIRE(real.trace == model.trace);
        REQUIRE(real.core.restarts() == model.restarts);
    }
    CHECK(ended > 1'000);  // some give up, some are asked to stop
    CHECK(ended < 5'900);
}

TEST_CASE("with slow children one thing happens at a time, and the end comes when all are down") {
    for (std::uint64_t seed = 1; seed <= 6'000; ++seed) {
        std::mt19937_64 r(seed);
        slow_walk walk(drawn(r, strategy(seed % 3)), seed);
        for (int n = 0; n < 200 && !walk.over; ++n) walk.step();
        if (!walk.over) walk.finish();
        INFO("seed " << seed);
        REQUIRE(walk.violation == "");
        REQUIRE(walk.over);
    }
}
