// What benchmarks find: named figures over several rounds, printed as they come, kept for JSON.
//
// Owner and thread: the main thread.
#pragma once

#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "kernels/optimizer.hpp"

namespace slackline::bench {

/// Throws std::runtime_error with a sentence when something does not come out right.
struct settings {
    unsigned rounds = 5;   ///< of each figure
    double round_s = 1.2;  ///< about so long each
    optimizer_kind optimizer = optimizer_kind::sgd;
};

/// Of at least one value.
double median(std::vector<double> values);

class report {
public:
    report();
    ~report();

    /// A title; the figures that follow belong to this benchmark.
    void begin(const std::string& benchmark, const std::string& sentence);

    /// What the figures that follow are about, until the next section or benchmark.
    void section(const std::string& title);

    /// A line of explanation, kept as well.
    void note(const std::string& sentence);

    /// One value a round. `at_least`: what the median should reach; it is said whether it does.
    void add(const std::string& name, const std::string& unit, const std::vector<double>& rounds,
             std::optional<double> at_least = {});

    /// Replaces the file; throws std::runtime_error where it cannot be written.
    void write_json(const std::string& path) const;

private:
    std::unique_ptr<nlohmann::ordered_json> all_;
    std::string section_;
};

}  // namespace slackline::bench
