// Actors on CAF's test scheduler: one thread, a clock that stands still, and the next actor to run
// drawn from a seed.
#pragma once

#include <algorithm>
#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <chrono>
#include <cstdint>
#include <random>

#include "actors/edges.hpp"

namespace slackline {

struct scheduled {
    explicit scheduled(std::uint64_t seed) : random(seed), system(config), clock{scheduler} {}

    struct quiet : caf::actor_system_config {
        quiet() {
            set("scheduler.policy", caf::atom("testing"));
            set("logger.file-verbosity", caf::atom("quiet"));
        }
    };
    struct test_clock : clock_edge {
        explicit test_clock(caf::scheduler::test_coordinator& s) : from(s) {}
        std::int64_t now_ms() const override {
            return std::chrono::duration_cast<std::chrono::milliseconds>(
                       from.clock().now().time_since_epoch())
                .count();
        }
        caf::scheduler::test_coordinator& from;
    };

    void settle() {
        while (!scheduler.jobs.empty()) {
            const auto next = scheduler.jobs.begin() +
                              static_cast<std::ptrdiff_t>(random() % scheduler.jobs.size());
            std::rotate(scheduler.jobs.begin(), next, next + 1);
            scheduler.try_run_once();
        }
    }
    void pass_ms(std::int64_t ms) {
        scheduler.clock().advance_time(std::chrono::milliseconds(ms));
        settle();
    }

    std::mt19937_64 random;
    quiet config;
    caf::actor_system system;
    caf::scheduler::test_coordinator& scheduler =
        dynamic_cast<caf::scheduler::test_coordinator&>(system.scheduler());
    test_clock clock;
};

}  // namespace slackline
