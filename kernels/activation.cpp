#include "kernels/activation.hpp"

#include <cmath>
#include <stdexcept>

namespace slackline {

namespace {

constexpr float gelu_a = 0.7978845608f;  // sqrt(2 / pi)
constexpr float gelu_b = 0.044715f;

template <class F>
void map(std::span<const float> z, std::span<float> y, F f) {
    for (std::size_t i = 0; i < z.size(); ++i) y[i] = f(z[i]);
}

template <class F>
void scale(std::span<const float> y, std::span<float> d, F derivative) {
    for (std::size_t i = 0; i < y.size(); ++i) d[i] *= derivative(y[i]);
}

float gelu(float z) {
    return 0.5f * z * (1.0f + std::tanh(gelu_a * (z + gelu_b * z * z * z)));
}

float gelu_derivative(float z) {
    const float t = std::tanh(gelu_a * (z + gelu_b * z * z * z));
    return 0.5f * (1.0f + t) + 0.5f * z * (1.0f - t * t) * gelu_a * (1.0f + 3.0f * gelu_b * z * z);
}

}  // namespace

activation_kind activation_from(const std::string& name) {
    if (name == "identity") return activation_kind::identity;
    if (name == "relu") return activation_kind::relu;
    if (name == "tanh") return activation_kind::tanh;
    if (name == "sigmoid") return activation_kind::sigmoid;
    if (name == "gelu") return activation_kind::gelu;
    throw std::invalid_argument("there is no activation '" + name +
                                "'; use relu, tanh, sigmoid, gelu or identity");
}

bool needs_input(activation_kind kind) {
    return kind == activation_kind::gelu;
}

void activate(activation_kind kind, std::span<const float> z, std::span<float> y) {
    switch (kind) {
        case activation_kind::identity:
            return map(z, y, [](float v) { return v; });
        case activation_kind::relu:
            return map(z, y, [](float v) { return v > 0 ? v : 0.0f; });
        case activation_kind::tanh:
            return map(z, y, [](float v) { return std::tanh(v); });
        case activation_kind::sigmoid:
            return map(z, y, [](float v) { return 1.0f / (1.0f + std::exp(-v)); });
        case activation_kind::gelu:
            return map(z, y, gelu);
    }
}

void activate_backward(activation_kind kind, std::span<const float> y, std::span<float> d) {
    switch (kind) {
        case activation_kind::identity:
            return;
        case activation_kind::relu:
            return scale(y, d, [](float v) { return v > 0 ? 1.0f : 0.0f; });
        case activation_kind::tanh:
            return scale(y, d, [](float v) { return 1.0f - v * v; });
        case activation_kind::sigmoid:
            return scale(y, d, [](float v) { return v * (1.0f - v); });
        case activation_kind::gelu:
            return scale(y, d, gelu_derivative);
    }
}

}  // namespace slackline
