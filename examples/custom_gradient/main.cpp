// A model of your own: tell its parameters, its gradient and its prediction; the whole command line
// of slackline is then yours, with shards, workers, checkpoints and recovery.
//
// The model here is robust regression: a line fitted with Huber's loss (1964), which outliers pull
// less than they pull a squared error.
#include <algorithm>
#include <cmath>
#include <memory>
#include <stdexcept>

#include "cluster/run.hpp"

namespace {

using namespace slackline;

class huber_line : public model {
public:
    huber_line(std::size_t features, double delta) : features_(features), delta_(delta) {}

    // One weight a feature, and a bias. They start at zero.
    model_layout layout() const override {
        return {{{"weight", {features_}, {}}, {"bias", {1}, {}}}, {}};
    }
    slackline::task task() const override { return slackline::task::regression; }
    std::size_t outputs() const override { return 1; }

    void predict(const parameters& p, const batch& b, std::span<float> out) override {
        for (std::size_t s = 0; s < b.size; ++s) {
            out[s] = *p.tensors[1].row(0);
            for (std::size_t f = 0; f < features_; ++f)
                out[s] += *p.tensors[0].row(f) * b.x[s * features_ + f];
        }
    }

    double loss(std::span<const float> out, const batch& b) const override {
        double sum = 0;
        for (std::size_t s = 0; s < b.size; ++s) {
            const double error = std::fabs(out[s] - b.targets[s]);
            sum += error <= delta_ ? error * error / 2 : delta_ * (error - delta_ / 2);
        }
        return sum / static_cast<double>(b.size);
    }

    // Writes every element of the gradient; returns the mean loss.
    double gradient(const parameters& p, const batch& b, const gradients& g) override {
        out_.resize(b.size);
        predict(p, b, out_);
        fill_zero(g);
        for (std::size_t s = 0; s < b.size; ++s) {
            const double error = std::clamp<double>(out_[s] - b.targets[s], -delta_, delta_);
            const auto d = static_cast<float>(error / static_cast<double>(b.size));
            *g.tensors[1].row(0) += d;
            for (std::size_t f = 0; f < features_; ++f)
                *g.tensors[0].row(f) += d * b.x[s * features_ + f];
        }
        return loss(out_, b);
    }

private:
    std::size_t features_;
    double delta_;
    std::vector<float> out_;
};

std::unique_ptr<model> make(model_options& options, const data_shape& shape) {
    if (shape.sparse || shape.classes != 0)
        throw std::invalid_argument("huber_line fits dense features to a value");
    return std::make_unique<huber_line>(shape.features, options.take("delta", 1.0));
}

}  // namespace

int main(int argc, char** argv) {
    return run(argc, argv, {"huber_line", make});
}
