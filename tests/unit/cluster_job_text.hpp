// A job file that is fine, and edits of it.
#pragma once

#include <string>

#include "cluster/job/job.hpp"
#include "tests/catch.hpp"

namespace slackline::job_text {

/// Line 1 is [run].
inline const std::string fine = R"([run]
name = "a-run_1.x"
epochs = 3
seed = 7
batch = 32
workers = 4
shards = 3

[data]
format = "csv"
train = "train.csv"
test = "sub/../test.csv"
target = "y"

[model]
kind = "mlp"
hidden = [10, 4]

[optimizer]
kind = "adam"
learning_rate = 0.01

[schedule]
kind = "cosine"

[consistency]
preset = "bounded"

[evaluation]
every_epochs = 2

[checkpoint]
dir = "checkpoints"
every_s = 20
)";

/// `from`, which must stand there once, becomes `to`.
inline std::string edited(const std::string& from, const std::string& to) {
    CAPTURE(from);
    const auto at = fine.find(from);
    REQUIRE(at != fine.npos);
    REQUIRE(fine.find(from, at + 1) == fine.npos);
    return std::string(fine).replace(at, from.size(), to);
}

inline result<job> parse(const std::string& text, const job_overrides& overrides = {}) {
    return parse_job(text, "my.toml", "/home/of/job", overrides);
}

}  // namespace slackline::job_text
