// The evaluator: measures the model of a cut on held-out data.
//
// It blocks while it computes, so its actor has a thread of its own; training goes on meanwhile. A
// last cut that is placed again meanwhile is answered with what was measured.
// Owner and thread: one actor. Edge: how to evaluate a model's parameters.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/checkpointer.hpp"
#include "actors/cut_parts.hpp"
#include "actors/participant.hpp"

namespace slackline {

/// Reads rows of a table at the cut: the stored row, or its initial value.
using row_source = std::function<void(std::size_t table, std::uint64_t id, float* to)>;

/// Metrics by name ("loss", "accuracy" ...). Dense tensors come as views over the shards' slices.
/// May throw: the evaluation of that cut then comes to nothing.
using evaluate_edge = std::function<std::vector<std::pair<std::string, double>>(
    const parameters& dense, const row_source& rows)>;

class evaluator : public participant {
public:
    evaluator(cut_reader_settings settings, std::shared_ptr<const shard_map> map,
              std::uint64_t seed, std::uint64_t items_per_epoch, evaluate_edge evaluate);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

private:
    result<void> evaluate(const whole_cut& whole, outbox& out);

    cut_reader_settings settings_;
    std::shared_ptr<const shard_map> map_;
    std::uint64_t seed_;
    std::uint64_t items_per_epoch_;
    evaluate_edge evaluate_;
    cut_parts parts_;
    last_answer done_;
};

}  // namespace slackline
