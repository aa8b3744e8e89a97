// A checkpoint store in memory that tells the checker what goes through it.
#pragma once

#include <optional>

#include "tests/sim/checker.hpp"

namespace slackline {

class memory_store : public checkpoint_store {
public:
    explicit memory_store(checker& seen) : seen_(seen) {}

    result<std::optional<model_state>> newest() override {
        seen_.era_begins(era_, newest_);
        return newest_;
    }
    result<std::uint64_t> begin_era() override { return ++era_; }
    result<std::string> publish(const model_state& state) override {
        seen_.published(state);
        newest_ = state;
        return std::string("memory");
    }

private:
    checker& seen_;
    std::uint64_t era_ = 0;
    std::optional<model_state> newest_;
};

}  // namespace slackline
