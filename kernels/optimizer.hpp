// The optimizers of the shards: one fused pass over parameter, state and gradients.
//
// Arithmetic contract (the bits are part of it; an independent replayer holds it): all in float32,
// no contraction, element by element, in exactly the order written in optimizer.cpp's header
// comment. Scalars that need double (bias corrections) are computed once by step_scalars_at.
// Thread: pure; any.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace slackline {

enum class optimizer_kind { sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw, ftrl };

struct optimizer_settings {
    optimizer_kind kind = optimizer_kind::sgd;
    float momentum = 0.9f;   ///< momentum, nesterov; rmsprop uses `rho`
    float rho = 0.9f;        ///< rmsprop: decay of the squared average
    float beta1 = 0.9f;      ///< adam, adamw
    float beta2 = 0.999f;    ///< adam, adamw
    float epsilon = 1e-8f;   ///< adagrad, rmsprop, adam, adamw
    float weight_decay = 0;  ///< added to the gradient; adamw: decoupled; ftrl: not allowed
    float ftrl_beta = 1;     ///< ftrl: per-coordinate rate alpha / (beta + sqrt(n))
    float l1 = 0;            ///< ftrl
    float l2 = 0;            ///< ftrl
};

/// Floats of state a parameter: 0 (sgd), 1 (momentum, nesterov, adagrad, rmsprop) or
/// 2 (adam, adamw, ftrl).
std::size_t state_slots(optimizer_kind kind);

/// "sgd" ... "ftrl"; and back: false when there is no such optimizer.
std::string to_string(optimizer_kind kind);
bool from_string(const std::string& name, optimizer_kind& kind);

/// Every scalar of one apply. They travel in the record of the order, so that all shards and the
/// replayer use the same ones.
struct step_scalars {
    float learning_rate = 0;
    float correction1 = 1;  ///< adam(w): 1 - beta1^step
    float correction2 = 1;  ///< adam(w): 1 - beta2^step
};

/// `step` is 1 for the first apply of the run.
step_scalars step_scalars_at(const optimizer_settings& s, float learning_rate, std::uint64_t step);

/// One gradient of an apply and the factor that clips it (1 = as it is).
struct weighted_slice {
    const float* gradient = nullptr;
    float clip = 1;
};

/// Applies the mean of `slices` (in order; divided by `divisor`) to n parameters: reads `in`,
/// writes `out` (may be the same), updates state in place. state[k] points to n floats for each
/// slot k < state_slots(kind).
void apply(const optimizer_settings& s, const step_scalars& scalars,
           std::span<const weighted_slice> slices, float divisor, std::size_t n, const float* in,
           float* out, std::span<float* const> state);

}  // namespace slackline
