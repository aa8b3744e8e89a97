#include "kernels/mlp.hpp"

#include <cmath>
#include <stdexcept>

#include "kernels/activation.hpp"
#include "kernels/dense.hpp"
#include "kernels/loss.hpp"

namespace slackline {

namespace {

class mlp : public model {
public:
    mlp(std::vector<std::size_t> widths, activation_kind activation, loss_kind loss)
        : widths_(std::move(widths)), activation_(activation), loss_(loss) {}

    model_layout layout() const override;
    slackline::task task() const override;
    std::size_t outputs() const override { return widths_.back(); }
    double gradient(const parameters& p, const batch& b, const gradients& g) override;
    void predict(const parameters& p, const batch& b, std::span<float> out) override;
    double loss(std::span<const float> out, const batch& b) const override {
        return loss_of(out, b, {});
    }

private:
    std::size_t layers() const { return widths_.size() - 1; }
    void check(const batch& b) const;
    void forward(const parameters& p, const batch& b);
    double loss_of(std::span<const float> out, const batch& b, std::span<float> d) const;
    const float* input_of(std::size_t layer, const batch& b) const {
        return layer == 0 ? b.x.data() : outputs_[layer - 1].data();
    }

    std::vector<std::size_t> widths_;  ///< [layers + 1]: features, hidden ..., outputs
    activation_kind activation_;
    loss_kind loss_;
    std::vector<std::vector<float>> outputs_;  ///< [layers]: [B, width] after the activation
    std::vector<std::vector<float>> inputs_;   ///< [layers]: before it, where it is needed
    std::vector<float> d_;                     ///< gradient of the layer above
    std::vector<float> d_below_;
};

model_layout mlp::layout() const {
    model_layout l;
    const double gain =
        activation_ == activation_kind::relu || activation_ == activation_kind::gelu ? 2.0 : 1.0;
    for (std::size_t i = 0; i < layers(); ++i) {
        const std::string name = "layer" + std::to_string(i);
        const auto deviation =
            static_cast<float>(std::sqrt(gain / static_cast<double>(widths_[i])));
        l.tensors.push_back(
            {name + ".weight", {widths_[i], widths_[i + 1]}, {init_kind::normal, deviation}});
        l.tensors.push_back({name + ".bias", {widths_[i + 1]}, {init_kind::zero, 0}});
    }
    return l;
}

task mlp::task() const {
    switch (loss_) {
        case loss_kind::softmax:
            return task::classification;
        case loss_kind::logistic:
            return task::binary;
        case loss_kind::mse:
            break;
    }
    return task::regression;
}

void mlp::check(const batch& b) const {
    if (b.features != widths_.front())
        throw std::invalid_argument("the batch has " + std::to_string(b.features) +
                                    " features a sample and the model takes " +
                                    std::to_string(widths_.front()));
}

void mlp::forward(const parameters& p, const batch& b) {
    check(b);
    outputs_.resize(layers());
    inputs_.resize(layers());
    for (std::size_t i = 0; i < layers(); ++i) {
        auto& y = outputs_[i];
        y.resize(b.size * widths_[i + 1]);
        dense_forward(b.size, input_of(i, b), p.tensors[2 * i], p.tensors[2 * i + 1], y.data());
        if (i + 1 == layers()) break;
        if (needs_input(activation_)) inputs_[i] = y;
        activate(activation_, y, y);
    }
}

double mlp::loss_of(std::span<const float> out, const batch& b, std::span<float> d) const {
    switch (loss_) {
        case loss_kind::softmax:
            return softmax_loss(out, b.labels, widths_.back(), d);
        case loss_kind::mse:
            return mse_loss(out, b.targets, d);
        case loss_kind::logistic:
            break;
    }
    return logistic_loss(out, b.labels, d);
}

double mlp::gradient(const parameters& p, const batch& b, const gradients& g) {
    forward(p, b);
    d_.resize(b.size * widths_.back());
    const double mean_loss = loss_of(outputs_.back(), b, d_);
    for (std::size_t i = layers(); i-- > 0;) {
        if (i > 0) d_below_.resize(b.size * widths_[i]);
        dense_backward(b.size, input_of(i, b), p.tensors[2 * i], d_.data(), g.tensors[2 * i],
                       g.tensors[2 * i + 1], i > 0 ? d_below_.data() : nullptr);
        if (i == 0) break;
        activate_backward(activation_, needs_input(activation_) ? inputs_[i - 1] : outputs_[i - 1],
                          d_below_);
        d_.swap(d_below_);
    }
    return mean_loss;
}

void mlp::predict(const parameters& p, const batch& b, std::span<float> out) {
    forward(p, b);
    std::copy(outputs_.back().begin(), outputs_.back().end(), out.begin());
}

}  // namespace

std::unique_ptr<model> make_mlp(model_options& options, const data_shape& shape) {
    if (shape.sparse)
        throw std::invalid_argument(
            "an mlp takes dense features and this data is sparse; use kind = \"linear\"");
    const auto hidden = options.take("hidden", std::vector<std::int64_t>{256, 128});
    const auto activation = activation_from(options.take("activation", std::string("relu")));
    const auto loss =
        loss_from(options.take("loss", std::string(shape.classes > 0 ? "softmax" : "mse")));
    if ((loss == loss_kind::mse) != (shape.classes == 0))
        throw std::invalid_argument(
            shape.classes == 0 ? "this data has a regression target; use loss = \"mse\""
                               : "this data has classes; use loss = \"softmax\" or \"logistic\"");
    if (loss == loss_kind::logistic && shape.classes != 2)
        throw std::invalid_argument("loss = \"logistic\" needs 2 classes and this data has " +
                                    std::to_string(shape.classes) + "; use \"softmax\"");
    std::vector<std::size_t> widths{shape.features};
    for (const auto w : hidden) {
        if (w < 1) throw std::invalid_argument("model.hidden has a width below 1");
        widths.push_back(static_cast<std::size_t>(w));
    }
    widths.push_back(loss == loss_kind::softmax ? shape.classes : 1);
    return std::make_unique<mlp>(std::move(widths), activation, loss);
}

}  // namespace slackline
