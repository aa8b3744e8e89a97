#include "cluster/training_setup.hpp"

#include <fmt/format.h>

#include <cmath>

#include "actors/item_plan.hpp"
#include "cluster/evaluate.hpp"

namespace slackline {

namespace {

// Items of the plan as batches of the data set, prepared by a model of this worker's own.
class planned_batches : public batch_edge {
public:
    planned_batches(item_plan plan, std::shared_ptr<const dataset> data,
                    std::shared_ptr<model> preparer)
        : plan_(plan), data_(std::move(data)), preparer_(std::move(preparer)) {}

    std::shared_ptr<const batch> prepare(item_id item, row_requests& requests) override {
        plan_.samples_of(item, samples_);
        auto b = std::make_shared<batch>();
        data_->fill(samples_, *b);
        preparer_->prepare(*b, requests);
        return b;
    }

private:
    item_plan plan_;
    std::shared_ptr<const dataset> data_;
    std::shared_ptr<model> preparer_;
    std::vector<std::uint64_t> samples_;
};

item_plan plan_of(const job& j, std::uint64_t samples) {
    return {samples, j.batch, j.epochs, j.seed};
}

std::uint64_t items_of(double epochs, const item_plan& plan) {
    return static_cast<std::uint64_t>(
        std::llround(epochs * static_cast<double>(plan.items_per_epoch())));
}

sequencer_settings rules_of(const job& j, const item_plan& plan) {
    schedule rate;
    rate.kind = j.schedule;
    rate.rate = j.learning_rate;
    rate.final_rate = j.final_rate;
    rate.warmup_items = items_of(j.warmup_epochs, plan);
    rate.step_items = std::max<std::uint64_t>(1, items_of(j.step_epochs, plan));
    rate.factor = j.factor;
    rate.items_total = plan.items_total();
    sequencer_settings s;
    s.consistency = j.consistency;
    s.items_per_epoch = plan.items_per_epoch();
    s.items_total = plan.items_total();
    s.tries = j.tries;
    s.gradient_norm_max = j.gradient_norm_max;
    s.clip_norm = j.clip_norm;
    s.evaluate_every_epochs = j.evaluate_every_epochs;
    s.scalars = [rate, o = j.optimizer](std::uint64_t count, std::uint64_t closed) {
        return step_scalars_at(o, static_cast<float>(learning_rate(rate, closed)), count);
    };
    return s;
}

// A whole checkpoint may have to come over one slow link: 10 MB a second are counted on. Of tables
// it is not known how many rows they will have.
std::int64_t cut_parts_ms_of(const shard_map& map, optimizer_kind optimizer) {
    constexpr std::uint64_t bytes_a_ms = 10'000;
    std::uint64_t floats = 0;
    for (std::uint32_t s = 0; s < map.shards(); ++s) floats += map.slice_floats(s);
    const auto bytes = floats * sizeof(float) * (1 + state_slots(optimizer));
    return 30'000 + static_cast<std::int64_t>(bytes / bytes_a_ms);
}

}  // namespace

data_facts facts_of(const loaded_data& data) {
    return {data.train->size(), data.train->checksum()};
}

run_identity identity_of(const job& j, const data_facts& data) {
    run_identity id;
    id.run = j.name;
    id.optimizer = to_string(j.optimizer.kind);
    id.job = j.text;
    id.fingerprint = {{"data", std::to_string(data.checksum)},
                      {"samples", std::to_string(data.samples)},
                      {"batch", std::to_string(j.batch)},
                      {"seed", std::to_string(j.seed)},
                      {"model", fmt::format("{} {}", j.model_kind, j.model.text())}};
    return id;
}

run_spec spec_of(const job& j, std::uint64_t samples, model_layout layout, std::uint64_t run) {
    run_spec s;
    s.run = run;
    s.seed = j.seed;
    s.workers = j.workers;
    s.heartbeat_ms = j.heartbeat_ms;
    s.map = std::make_shared<shard_map>(std::move(layout), j.shards);
    s.optimizer = j.optimizer;
    s.rules = rules_of(j, plan_of(j, samples));
    s.cut_parts_ms = cut_parts_ms_of(*s.map, j.optimizer.kind);
    s.checkpoint_every_ms = static_cast<std::int64_t>(j.checkpoint_every_s * 1000);
    s.give_up_ms = static_cast<std::int64_t>(j.checkpoint_give_up_s * 1000);
    s.patience = j.patience;
    s.min_delta = j.min_delta;
    s.keep = j.keep;
    s.log_bytes_max = static_cast<std::uint64_t>(j.every_log_mb * 1e6);
    return s;
}

void add_compute(run_spec& to, const job& j, const loaded_data& data,
                 std::function<std::shared_ptr<model>()> make) {
    to.make_model = make;
    to.make_batches = [plan = plan_of(j, data.train->size()), train = data.train, make] {
        return std::make_shared<planned_batches>(plan, train, make());
    };
    to.evaluate = [data, m = make()](const parameters& dense, const row_source& rows) {
        auto metrics = evaluate_model(*m, *data.test, dense, rows);
        if (data.validation)
            for (const auto& [name, value] : evaluate_model(*m, *data.validation, dense, rows))
                metrics.emplace_back("validation_" + name, value);
        return metrics;
    };
}

run_spec spec_of(const job& j, const loaded_data& data, std::uint64_t run,
                 std::function<std::shared_ptr<model>()> make) {
    auto s = spec_of(j, data.train->size(), make()->layout(), run);
    add_compute(s, j, data, std::move(make));
    return s;
}

}  // namespace slackline
