// A run on a cluster whose era must not end, whatever is killed.
#pragma once

#include "tests/catch.hpp"
#include "tests/cluster/cluster_under_test.hpp"

inline std::uint64_t era_of(const json& status) {
    const auto run = run_of(status);
    return run.is_null() || !run.contains("era") ? 0 : run.at("era").get<std::uint64_t>();
}

/// It has come some way, with a checkpoint behind it.
struct run_in_one_era {
    run_in_one_era(const cluster_under_test& c, const words& more)
        : epochs(c.epochs_for(5)), follower(c.train(epochs, more)) {
        until_event(follower, "checkpoint");
        era = era_of(c.until("it has an era", [](const json& s) { return era_of(s) > 0; }));
    }

    /// Whether it is in that era, or over.
    bool still(const cluster_under_test& c) const { return still_in(c, era); }
    static bool still_in(const cluster_under_test& c, std::uint64_t era_before) {
        const auto over = [](const json& s) {
            return run_of(s).is_null() || run_of(s).at("state") != "active";
        };
        const auto s = c.until("the run is known",
                               [&](const json& now) { return over(now) || era_of(now) > 0; });
        return over(s) || era_of(s) == era_before;
    }

    /// It finished in that era, and said on the way what is to be found there.
    void check_went_on(const std::string& said) {
        const auto end = follower.wait(patience);
        check_done(end, epochs);
        INFO(end.out);
        CHECK(end.out.find(said) != std::string::npos);
        CHECK(end.out.find("era " + std::to_string(era + 1) + " begins") == std::string::npos);
    }

    int epochs;
    child follower;
    std::uint64_t era = 0;
};
