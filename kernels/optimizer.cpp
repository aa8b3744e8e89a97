// The exact arithmetic, float32 throughout, one element at a time, operations in this order and
// never contracted. g0 ... are the slices of the record, c0 ... their clips, w the parameter.
//
//   g = g0 * c0;  g = g + gk * ck for k = 1, 2 ...;  g = g / divisor
//   all but adamw and ftrl:  g = g + weight_decay * w     (only where weight_decay != 0)
//
//   sgd       w' = w - lr * g
//   momentum  m' = momentum * m + g;                 w' = w - lr * m'
//   nesterov  m' = momentum * m + g;                 w' = w - lr * (g + momentum * m')
//   adagrad   s' = s + g * g;                        w' = w - lr * g / (sqrt(s') + epsilon)
//   rmsprop   s' = rho * s + (1 - rho) * (g * g);    w' = w - lr * g / (sqrt(s') + epsilon)
//   adam      m' = beta1 * m + (1 - beta1) * g;      v' = beta2 * v + (1 - beta2) * (g * g)
//             w' = w - lr * (m' / correction1) / (sqrt(v' / correction2) + epsilon)
//   adamw     as adam, from w - (lr * weight_decay) * w in place of w
//   ftrl      n' = n + g * g;  sigma = (sqrt(n') - sqrt(n)) / lr;  z' = z + g - sigma * w
//             w' = 0 where |z'| <= l1, else
//             w' = (sign(z') * l1 - z') / ((ftrl_beta + sqrt(n')) / lr + l2)
//
// A product with 1 and a division by 1 change no bit, so the case of one slice leaves them out.
// Sources: Polyak 1964; Sutskever et al. 2013 (nesterov); Duchi et al. 2011; Tieleman and Hinton
// 2012; Kingma and Ba 2015; Loshchilov and Hutter 2019; McMahan et al. 2013 (ftrl, algorithm 1).
#include "kernels/optimizer.hpp"

#include <array>
#include <cassert>
#include <cmath>

namespace slackline {

namespace {

constexpr std::array<const char*, 8> names = {"sgd",     "momentum", "nesterov", "adagrad",
                                              "rmsprop", "adam",     "adamw",    "ftrl"};

constexpr std::size_t slots_of(optimizer_kind kind) {
    switch (kind) {
        case optimizer_kind::sgd:
            return 0;
        case optimizer_kind::momentum:
        case optimizer_kind::nesterov:
        case optimizer_kind::adagrad:
        case optimizer_kind::rmsprop:
            return 1;
        case optimizer_kind::adam:
        case optimizer_kind::adamw:
        case optimizer_kind::ftrl:
            return 2;
    }
    return 0;
}

/// One element: reads w, g and the state a, b; returns w' and writes the state.
template <optimizer_kind kind>
inline float step(const optimizer_settings& s, const step_scalars& c, float w, float g, float& a,
                  float& b) {
    const float lr = c.learning_rate;
    if constexpr (kind == optimizer_kind::sgd) return w - lr * g;
    if constexpr (kind == optimizer_kind::momentum) {
        a = s.momentum * a + g;
        return w - lr * a;
    }
    if constexpr (kind == optimizer_kind::nesterov) {
        a = s.momentum * a + g;
        return w - lr * (g + s.momentum * a);
    }
    if constexpr (kind == optimizer_kind::adagrad) {
        a = a + g * g;
        return w - lr * g / (std::sqrt(a) + s.epsilon);
    }
    if constexpr (kind == optimizer_kind::rmsprop) {
        a = s.rho * a + (1.0f - s.rho) * (g * g);
        return w - lr * g / (std::sqrt(a) + s.epsilon);
    }
    if constexpr (kind == optimizer_kind::adam || kind == optimizer_kind::adamw) {
        a = s.beta1 * a + (1.0f - s.beta1) * g;
        b = s.beta2 * b + (1.0f - s.beta2) * (g * g);
        if constexpr (kind == optimizer_kind::adamw) w = w - (lr * s.weight_decay) * w;
        return w - lr * (a / c.correction1) / (std::sqrt(b / c.correction2) + s.epsilon);
    }
    if constexpr (kind == optimizer_kind::ftrl) {
        const float n = b + g * g;
        const float sigma = (std::sqrt(n) - std::sqrt(b)) / lr;
        a = a + g - sigma * w;
        b = n;
        const float signed_l1 = a > 0 ? s.l1 : -s.l1;
        const float moved = (signed_l1 - a) / ((s.ftrl_beta + std::sqrt(n)) / lr + s.l2);
        return std::fabs(a) <= s.l1 ? 0.0f : moved;
    }
}

struct pass {
    const optimizer_settings& s;
    const step_scalars& scalars;
    std::span<const weighted_slice> slices;
    float divisor;
    std::size_t n;
    const float* in;
    float* out;
    float* a;
    float* b;
};

// The number of slots is a constant of the loop: a test of it at run time keeps GCC from making
// vectors of the loops that have fewer than two.
template <optimizer_kind kind, class Gradient>
void run(const pass& p, Gradient gradient) {
    constexpr std::size_t slots = slots_of(kind);
    constexpr bool decays = kind != optimizer_kind::adamw && kind != optimizer_kind::ftrl;
    const float decay = decays ? p.s.weight_decay : 0.0f;
    const optimizer_settings s = p.s;
    const step_scalars c = p.scalars;
    const float* in = p.in;
    float* out = p.out;
    [[maybe_unused]] float* a = p.a;
    [[maybe_unused]] float* b = p.b;
    const auto loop = [&](auto with_decay) {
#pragma omp simd
        for (std::size_t i = 0; i < p.n; ++i) {
            float g = gradient(i);
            if constexpr (decltype(with_decay)::value) g = g + decay * in[i];
            float va = 0;
            float vb = 0;
            if constexpr (slots > 0) va = a[i];
            if constexpr (slots > 1) vb = b[i];
            out[i] = step<kind>(s, c, in[i], g, va, vb);
            if constexpr (slots > 0) a[i] = va;
            if constexpr (slots > 1) b[i] = vb;
        }
    };
    if (decay != 0)
        loop(std::true_type{});
    else
        loop(std::false_type{});
}

template <optimizer_kind kind>
void dispatch(const pass& p) {
    const auto slices = p.slices;
    if (slices.size() == 1 && slices[0].clip == 1.0f && p.divisor == 1.0f) {
        const float* g = slices[0].gradient;
        return run<kind>(p, [g](std::size_t i) { return g[i]; });
    }
    run<kind>(p, [slices, divisor = p.divisor](std::size_t i) {
        float g = slices[0].gradient[i] * slices[0].clip;
        for (std::size_t k = 1; k < slices.size(); ++k)
            g = g + slices[k].gradient[i] * slices[k].clip;
        return g / divisor;
    });
}

}  // namespace

std::size_t state_slots(optimizer_kind kind) {
    return slots_of(kind);
}

std::string to_string(optimizer_kind kind) {
    return names[static_cast<std::size_t>(kind)];
}

bool from_string(const std::string& name, optimizer_kind& kind) {
    for (std::size_t k = 0; k < names.size(); ++k) {
        if (name != names[k]) continue;
        kind = static_cast<optimizer_kind>(k);
        return true;
    }
    return false;
}

step_scalars step_scalars_at(const optimizer_settings& s, float learning_rate, std::uint64_t step) {
    step_scalars c;
    c.learning_rate = learning_rate;
    if (s.kind == optimizer_kind::adam || s.kind == optimizer_kind::adamw) {
        const auto t = static_cast<double>(step);
        c.correction1 = static_cast<float>(1.0 - std::pow(static_cast<double>(s.beta1), t));
        c.correction2 = static_cast<float>(1.0 - std::pow(static_cast<double>(s.beta2), t));
    }
    return c;
}

void apply(const optimizer_settings& s, const step_scalars& scalars,
           std::span<const weighted_slice> slices, float divisor, std::size_t n, const float* in,
           float* out, std::span<float* const> state) {
    if (n == 0 || slices.empty()) return;
    assert(state.size() >= state_slots(s.kind));
    const pass p{s,
                 scalars,
                 slices,
                 divisor,
                 n,
                 in,
                 out,
                 state.size() > 0 ? state[0] : nullptr,
                 state.size() > 1 ? state[1] : nullptr};
    switch (s.kind) {
        case optimizer_kind::sgd:
            return dispatch<optimizer_kind::sgd>(p);
        case optimizer_kind::momentum:
            return dispatch<optimizer_kind::momentum>(p);
        case optimizer_kind::nesterov:
            return dispatch<optimizer_kind::nesterov>(p);
        case optimizer_kind::adagrad:
            return dispatch<optimizer_kind::adagrad>(p);
        case optimizer_kind::rmsprop:
            return dispatch<optimizer_kind::rmsprop>(p);
        case optimizer_kind::adam:
            return dispatch<optimizer_kind::adam>(p);
        case optimizer_kind::adamw:
            return dispatch<optimizer_kind::adamw>(p);
        case optimizer_kind::ftrl:
            return dispatch<optimizer_kind::ftrl>(p);
    }
}

}  // namespace slackline
