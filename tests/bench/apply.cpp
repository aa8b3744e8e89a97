// How fast one apply moves through memory, for every optimizer: out of place, as a shard does it,
// and for comparison sgd in place, as a single process would.
#include <fmt/format.h>

#include "kernels/buffer.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/timing.hpp"

namespace slackline::bench {

namespace {

constexpr std::size_t mlp_floats = 235'146;  ///< parameters of the MLP 784-256-128-10
constexpr std::size_t many_floats = 1u << 24;

buffer filled(std::size_t floats, float with) {
    buffer b(floats);
    std::fill_n(b.data(), floats, with);
    return b;
}

/// One shard's memory. With this gradient and rate no value runs away or becomes denormal, however
/// often it is applied.
struct slice {
    slice(optimizer_kind kind, std::size_t n)
        : floats(n), from(filled(n, 0.5f)), to(filled(n, 0.5f)), gradient(filled(n, 1e-3f)) {
        settings.kind = kind;
        for (std::size_t s = 0; s < state_slots(kind); ++s) state.push_back(filled(n, 0.5f));
    }

    void step(bool in_place) {
        const weighted_slice g{gradient.data(), 1};
        std::vector<float*> slots;
        for (auto& s : state) slots.push_back(s.data());
        apply(settings, step_scalars_at(settings, 1e-6f, ++steps), {&g, 1}, 1, floats, from.data(),
              in_place ? from.data() : to.data(), slots);
        if (!in_place) std::swap(from, to);
    }

    /// Read: parameter, gradient, state; written: parameter, state.
    double bytes() const {
        return static_cast<double>(floats * sizeof(float) * (3 + 2 * state.size()));
    }

    optimizer_settings settings;
    std::size_t floats;
    std::uint64_t steps = 0;
    buffer from, to, gradient;
    std::vector<buffer> state;
};

void measure(report& to, const settings& s, optimizer_kind kind, std::size_t floats,
             bool in_place) {
    slice memory(kind, floats);
    std::vector<double> rates;
    const double each_s = s.round_s / 8;
    for (unsigned r = 0; r < s.rounds; ++r)
        rates.push_back(1e-9 * memory.bytes() /
                        seconds_a_call(each_s, [&] { memory.step(in_place); }));
    to.add(fmt::format("{}{}, {} floats", to_string(kind), in_place ? " in place" : "", floats),
           "GB/s", rates);
}

}  // namespace

void apply_step(report& to, const settings& s) {
    to.begin("apply", "bytes that one apply reads and writes, one thread");
    for (const auto floats : {mlp_floats, many_floats}) {
        measure(to, s, optimizer_kind::sgd, floats, true);
        for (const auto kind :
             {optimizer_kind::sgd, optimizer_kind::momentum, optimizer_kind::nesterov,
              optimizer_kind::adagrad, optimizer_kind::rmsprop, optimizer_kind::adam,
              optimizer_kind::adamw, optimizer_kind::ftrl})
            measure(to, s, kind, floats, false);
    }
}

}  // namespace slackline::bench
