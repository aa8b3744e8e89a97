#include "tests/sim/sim_model.hpp"

#include <stdexcept>

#include "kernels/mix.hpp"
#include "kernels/rows.hpp"

namespace slackline {

namespace {

float noise(std::uint64_t item, std::uint64_t index) {
    return static_cast<float>(mix64(item * 1000003 + index) % 17) - 8.0f;
}

class sim_model : public model {
public:
    explicit sim_model(sim_model_settings settings) : settings_(settings) {}

    model_layout layout() const override {
        model_layout l;
        l.tensors = {{"w", {7, 5}, {init_kind::uniform, 1}}, {"b", {11}, {init_kind::zero, 0}}};
        if (settings_.with_table) l.tables = {{"rows", 3, {init_kind::normal, 0.5f}}};
        return l;
    }
    slackline::task task() const override { return slackline::task::regression; }
    std::size_t outputs() const override { return 1; }

    void prepare(batch& b, row_requests& requests) override {
        requests.assign(settings_.with_table ? 1 : 0, {});
        b.places.resize(requests.size());
        if (settings_.with_table) unique_rows(b.ids, requests[0], b.places[0]);
    }

    double gradient(const parameters& p, const batch& b, const gradients& g) override {
        const auto item = static_cast<std::uint64_t>(b.x[0]);
        if (settings_.poison == item) throw std::runtime_error("a poison item");
        std::uint64_t index = 0;
        for (std::size_t t = 0; t < g.tensors.size(); ++t)
            for (std::size_t r = 0; r < g.tensors[t].rows; ++r)
                for (std::size_t c = 0; c < g.tensors[t].width; ++c)
                    g.tensors[t].row(r)[c] = noise(item, index++) + 0.125f * p.tensors[t].row(r)[c];
        for (std::size_t t = 0; t < g.tables.size(); ++t)
            for (std::size_t k = 0; k < g.tables[t].rows.size(); ++k)
                for (std::size_t c = 0; c < g.tables[t].width; ++c)
                    g.tables[t].rows[k][c] = noise(item, index++) + 0.125f * p.tables[t].rows[k][c];
        return 1.0;
    }

    void predict(const parameters&, const batch& b, std::span<float> out) override {
        std::fill_n(out.begin(), b.size, 0.0f);
    }
    double loss(std::span<const float>, const batch&) const override { return 1.0; }

private:
    sim_model_settings settings_;
};

class sim_batches : public batch_edge {
public:
    explicit sim_batches(bool with_table) : with_table_(with_table) {}

    std::shared_ptr<const batch> prepare(item_id item, row_requests& requests) override {
        auto b = std::make_shared<batch>();
        b->size = 1;
        b->features = 1;
        b->x = {static_cast<float>(item)};
        if (with_table_)
            for (std::uint64_t k = 0; k < 4; ++k) b->ids.push_back(mix64(item * 7 + k) % 23);
        make_sim_model({with_table_, {}})->prepare(*b, requests);
        return b;
    }

private:
    bool with_table_;
};

}  // namespace

std::shared_ptr<model> make_sim_model(sim_model_settings settings) {
    return std::make_shared<sim_model>(settings);
}

std::shared_ptr<batch_edge> make_sim_batches(bool with_table) {
    return std::make_shared<sim_batches>(with_table);
}

}  // namespace slackline
