// A program of a user's whose model fails as it is told: it crashes its process once, gives a
// gradient once that is no number, or throws on one sample.
#include <cmath>
#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>

#include "cluster/run.hpp"

namespace {

using namespace slackline;

class faulty_line : public model {
public:
    faulty_line(std::size_t features, model_options& told)
        : features_(features),
          crash_where_(told.take("crash_where", std::string())),
          nan_where_(told.take("nan_where", std::string())),
          throw_at_(told.take("throw_at_feature", 1e9)) {}

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
            const double error = out[s] - b.targets[s];
            sum += error * error;
        }
        return sum / static_cast<double>(b.size);
    }

    double gradient(const parameters& p, const batch& b, const gradients& g) override {
        fail_as_told(b);
        out_.resize(b.size);
        predict(p, b, out_);
        fill_zero(g);
        for (std::size_t s = 0; s < b.size; ++s) {
            const float d = 2 * (out_[s] - b.targets[s]) / static_cast<float>(b.size);
            *g.tensors[1].row(0) += d;
            for (std::size_t f = 0; f < features_; ++f)
                *g.tensors[0].row(f) += d * b.x[s * features_ + f];
        }
        if (is_chosen(nan_where_)) *g.tensors[1].row(0) = std::nanf("");
        return loss(out_, b);
    }

private:
    // Who removes the file fails: one gradient a file.
    static bool is_chosen(const std::string& file) {
        std::error_code none;
        return !file.empty() && std::filesystem::remove(file, none);
    }

    void fail_as_told(const batch& b) const {
        if (is_chosen(crash_where_)) std::raise(SIGSEGV);
        for (std::size_t s = 0; s < b.size; ++s)
            if (b.x[s * features_] == static_cast<float>(throw_at_))
                throw std::runtime_error("this sample is poison");
    }

    std::size_t features_;
    std::string crash_where_;
    std::string nan_where_;
    double throw_at_;
    std::vector<float> out_;
};

std::unique_ptr<model> make(model_options& options, const data_shape& shape) {
    return std::make_unique<faulty_line>(shape.features, options);
}

}  // namespace

int main(int argc, char** argv) {
    return run(argc, argv, {"faulty_line", make});
}
