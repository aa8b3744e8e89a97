// The two variants without servers: one thread alone, and Hogwild.
#include <atomic>
#include <barrier>
#include <thread>

#include "actors/shard_map.hpp"
#include "kernels/buffer.hpp"
#include "tests/bench/mlp_work.hpp"

namespace slackline::bench {

namespace {

/// Parameters with their optimizer state, stepped in place by one thread or by several.
class shared_parameters {
public:
    explicit shared_parameters(const mlp_work& work)
        : work_(work), map_(work.make_model()->layout(), 1), values_(map_.slice_floats(0)) {
        std::fill_n(values_.data(), values_.size(), 0.0f);
        const auto& tensors = map_.layout().tensors;
        for (const auto& r : map_.ranges(0))
            for (std::size_t i = 0; i < r.floats; ++i)
                values_.data()[r.offset + i] =
                    initial_value(tensors[r.tensor].init, work.plan.seed, r.tensor, i);
        for (std::size_t s = 0; s < state_slots(work.optimizer.kind); ++s) {
            state_.emplace_back(values_.size());
            std::fill_n(state_.back().data(), values_.size(), 0.0f);
        }
    }

    const shard_map& map() const { return map_; }
    parameters view() { return map_.view<const float>({values_.data()}); }

    void step(const buffer& gradient) {
        const weighted_slice slice{gradient.data(), 1};
        std::vector<float*> state;
        for (auto& s : state_) state.push_back(s.data());
        const auto scalars = step_scalars_at(work_.optimizer, work_.learning_rate, ++steps_);
        apply(work_.optimizer, scalars, {&slice, 1}, 1, values_.size(), values_.data(),
              values_.data(), state);
    }

private:
    const mlp_work& work_;
    shard_map map_;
    buffer values_;
    std::vector<buffer> state_;
    std::atomic<std::uint64_t> steps_{0};
};

/// What one thread needs of its own: a model's scratch memory, a batch, a gradient.
class stepper {
public:
    stepper(const mlp_work& work, shared_parameters& at)
        : work_(work),
          at_(at),
          model_(work.make_model()),
          gradient_(at.map().slice_floats(0)),
          parameters_view_(at.view()),
          gradient_view_(at.map().view<float>({gradient_.data()})) {
        std::fill_n(gradient_.data(), gradient_.size(), 0.0f);
    }

    void run(item_id item) {
        work_.plan.samples_of(item, samples_);
        work_.data->fill(samples_, batch_);
        model_->gradient(parameters_view_, batch_, gradient_view_);
        at_.step(gradient_);
    }

private:
    const mlp_work& work_;
    shared_parameters& at_;
    std::shared_ptr<model> model_;
    buffer gradient_;
    parameters parameters_view_;
    gradients gradient_view_;
    std::vector<std::uint64_t> samples_;
    batch batch_;
};

}  // namespace

mlp_sample mlp_alone(const mlp_work& work, std::uint64_t items) {
    shared_parameters at(work);
    stepper s(work, at);
    item_id next = 0;
    while (next < warm_items) s.run(next++);
    const auto begin = read_cpu();
    while (next < warm_items + items) s.run(next++);
    return {items, read_cpu() - begin};
}

mlp_sample mlp_hogwild(const mlp_work& work, std::uint64_t items, unsigned threads) {
    shared_parameters at(work);
    std::atomic<item_id> warm{0};
    std::atomic<item_id> next{warm_items};
    cpu_reading begin;
    std::barrier all_warm(threads, [&begin]() noexcept { begin = read_cpu(); });
    const auto thread = [&] {
        stepper s(work, at);
        for (item_id i = warm++; i < warm_items; i = warm++) s.run(i);
        all_warm.arrive_and_wait();
        for (item_id i = next++; i < warm_items + items; i = next++) s.run(i);
    };
    {
        std::vector<std::jthread> running;
        for (unsigned t = 0; t < threads; ++t) running.emplace_back(thread);
    }
    return {items, read_cpu() - begin};
}

}  // namespace slackline::bench
