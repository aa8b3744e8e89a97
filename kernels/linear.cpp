#include "kernels/linear.hpp"

#include <stdexcept>

#include "kernels/loss.hpp"
#include "kernels/rows.hpp"

namespace slackline {

namespace {

class linear : public model {
public:
    linear(bool logistic, float l2) : logistic_(logistic), l2_(l2) {}

    model_layout layout() const override { return {{{"bias", {1}, {}}}, {{"weights", 1, {}}}}; }
    slackline::task task() const override { return logistic_ ? task::binary : task::regression; }
    std::size_t outputs() const override { return 1; }

    void prepare(batch& b, row_requests& requests) override {
        requests.resize(1);
        b.places.resize(1);
        unique_rows(b.ids, requests[0], b.places[0]);
    }

    double gradient(const parameters& p, const batch& b, const gradients& g) override;
    void predict(const parameters& p, const batch& b, std::span<float> out) override;
    double loss(std::span<const float> out, const batch& b) const override {
        return loss_of(out, b, {});
    }

private:
    double loss_of(std::span<const float> out, const batch& b, std::span<float> d) const {
        return logistic_ ? logistic_loss(out, b.labels, d) : mse_loss(out, b.targets, d);
    }

    bool logistic_;
    float l2_;
    std::vector<float> out_;
    std::vector<float> d_;
};

void linear::predict(const parameters& p, const batch& b, std::span<float> out) {
    const float bias = *p.tensors[0].row(0);
    const auto& weights = p.tables[0].rows;
    for (std::size_t s = 0; s < b.size; ++s) {
        float sum = bias;
        for (auto k = b.row_start[s]; k < b.row_start[s + 1]; ++k)
            sum += *weights[b.places[0][k]] * b.values[k];
        out[s] = sum;
    }
}

double linear::gradient(const parameters& p, const batch& b, const gradients& g) {
    out_.resize(b.size);
    d_.resize(b.size);
    predict(p, b, out_);
    const double mean_loss = loss_of(out_, b, d_);
    const auto& rows = g.tables[0].rows;
    for (std::size_t r = 0; r < rows.size(); ++r) *rows[r] = l2_ * *p.tables[0].rows[r];
    float d_bias = 0;
    for (std::size_t s = 0; s < b.size; ++s) {
        d_bias += d_[s];
        for (auto k = b.row_start[s]; k < b.row_start[s + 1]; ++k)
            *rows[b.places[0][k]] += d_[s] * b.values[k];
    }
    *g.tensors[0].row(0) = d_bias;
    return mean_loss;
}

}  // namespace

std::unique_ptr<model> make_linear(model_options& options, const data_shape& shape) {
    const double l2 = options.take("l2", 0.0);
    if (!shape.sparse)
        throw std::invalid_argument(
            "the linear model takes sparse features and this data is dense; use kind = \"mlp\" "
            "with hidden = []");
    if (shape.classes != 0 && shape.classes != 2)
        throw std::invalid_argument("the linear model separates 2 classes and this data has " +
                                    std::to_string(shape.classes));
    if (l2 < 0) throw std::invalid_argument("model.l2 is negative; set 0 or more");
    return std::make_unique<linear>(shape.classes == 2, static_cast<float>(l2));
}

}  // namespace slackline
