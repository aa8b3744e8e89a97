// The two variants without servers: one thread alone, and Hogwild.
#include <atomic>
#include <barrier>
#include <thread>

#include "tests/bench/mlp_work.hpp"
#include "tests/bench/plain_parameters.hpp"

namespace slackline::bench {

namespace {

plain_parameters made_for(const mlp_work& work) {
    return {work.make_model()->layout(), work.plan.seed, work.optimizer};
}

/// What one thread needs of its own: a model's scratch memory, a batch, a gradient.
class stepper {
public:
    stepper(const mlp_work& work, plain_parameters& at)
        : work_(work),
          at_(at),
          model_(work.make_model()),
          gradient_(at.map().slice_floats(0)),
          parameters_view_(at.map().view<const float>({at.values().data()})),
          gradient_view_(at.map().view<float>({gradient_.data()})) {
        std::fill_n(gradient_.data(), gradient_.size(), 0.0f);
    }

    void run(item_id item) {
        work_.plan.samples_of(item, samples_);
        work_.data->fill(samples_, batch_);
        model_->gradient(parameters_view_, batch_, gradient_view_);
        at_.step(gradient_.data(), work_.learning_rate);
    }

private:
    const mlp_work& work_;
    plain_parameters& at_;
    std::shared_ptr<model> model_;
    buffer gradient_;
    parameters parameters_view_;
    gradients gradient_view_;
    std::vector<std::uint64_t> samples_;
    batch batch_;
};

}  // namespace

mlp_sample mlp_alone(const mlp_work& work, std::uint64_t items) {
    auto at = made_for(work);
    stepper s(work, at);
    item_id next = 0;
    while (next < warm_items) s.run(next++);
    const auto begin = read_cpu();
    while (next < warm_items + items) s.run(next++);
    return {items, read_cpu() - begin};
}

mlp_sample mlp_hogwild(const mlp_work& work, std::uint64_t items, unsigned threads) {
    auto at = made_for(work);
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
