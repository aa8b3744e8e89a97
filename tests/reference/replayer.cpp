#include "tests/reference/replayer.hpp"

#include <cmath>

namespace slackline {

replayer::replayer(model_layout layout, optimizer_settings optimizer, std::uint64_t seed)
    : layout_(std::move(layout)), optimizer_(optimizer), seed_(seed) {
    switch (optimizer.kind) {
        case optimizer_kind::sgd:
            slots_ = 0;
            break;
        case optimizer_kind::adam:
        case optimizer_kind::adamw:
        case optimizer_kind::ftrl:
            slots_ = 2;
            break;
        default:
            slots_ = 1;
    }
}

void replayer::begin() {
    tensors_.clear();
    for (std::size_t t = 0; t < layout_.tensors.size(); ++t) {
        const auto& spec = layout_.tensors[t];
        std::vector<float> values;
        for (std::size_t i = 0; i < spec.size(); ++i)
            values.push_back(initial_value(spec.init, seed_, t, i));
        tensors_.push_back(values);
    }
    state_.assign(slots_, {});
    for (auto& slot : state_)
        for (const auto& t : tensors_) slot.emplace_back(t.size(), 0.0f);
    tables_.assign(layout_.tables.size(), {});
}

void replayer::begin(const model_state& from) {
    tensors_ = from.tensors;
    state_ = from.state;
    tables_.assign(layout_.tables.size(), {});
    for (std::size_t t = 0; t < from.tables.size(); ++t) {
        const auto width = layout_.tables[t].width;
        const auto part = [&](const std::vector<float>& all, std::size_t k) {
            return std::vector<float>(all.begin() + static_cast<std::ptrdiff_t>(k * width),
                                      all.begin() + static_cast<std::ptrdiff_t>((k + 1) * width));
        };
        for (std::size_t k = 0; k < from.tables[t].ids.size(); ++k) {
            row r{part(from.tables[t].rows, k), {}};
            for (const auto& slot : from.tables[t].state) r.state.push_back(part(slot, k));
            tables_[t][from.tables[t].ids[k]] = r;
        }
    }
}

float replayer::step(const apply_record& r, float w, float g, std::vector<float*> state) const {
    const auto& o = optimizer_;
    const float lr = r.scalars.learning_rate;
    const bool couples = o.kind != optimizer_kind::adamw && o.kind != optimizer_kind::ftrl;
    if (couples && o.weight_decay != 0.0f) {
        const float decay = o.weight_decay * w;
        g = g + decay;
    }
    if (o.kind == optimizer_kind::sgd) return w - lr * g;
    float& a = *state[0];
    if (o.kind == optimizer_kind::momentum || o.kind == optimizer_kind::nesterov) {
        const float kept = o.momentum * a;
        a = kept + g;
        if (o.kind == optimizer_kind::momentum) return w - lr * a;
        const float ahead = o.momentum * a;
        return w - lr * (g + ahead);
    }
    const float squared = g * g;
    if (o.kind == optimizer_kind::adagrad || o.kind == optimizer_kind::rmsprop) {
        a = o.kind == optimizer_kind::adagrad ? a + squared : o.rho * a + (1.0f - o.rho) * squared;
        return w - lr * g / (std::sqrt(a) + o.epsilon);
    }
    float& b = *state[1];
    if (o.kind == optimizer_kind::ftrl) {
        const float n = b + squared;
        const float sigma = (std::sqrt(n) - std::sqrt(b)) / lr;
        a = (a + g) - sigma * w;
        b = n;
        if (std::fabs(a) <= o.l1) return 0.0f;
        const float sign_l1 = a > 0.0f ? o.l1 : -o.l1;
        return (sign_l1 - a) / ((o.ftrl_beta + std::sqrt(n)) / lr + o.l2);
    }
    a = o.beta1 * a + (1.0f - o.beta1) * g;
    b = o.beta2 * b + (1.0f - o.beta2) * squared;
    if (o.kind == optimizer_kind::adamw) w = w - (lr * o.weight_decay) * w;
    const float mean = a / r.scalars.correction1;
    const float scale = std::sqrt(b / r.scalars.correction2) + o.epsilon;
    return w - lr * mean / scale;
}

replayer::row& replayer::row_of(std::size_t table, std::uint64_t id) {
    const auto found = tables_[table].find(id);
    if (found != tables_[table].end()) return found->second;
    const auto& spec = layout_.tables[table];
    row fresh;
    for (std::size_t c = 0; c < spec.width; ++c)
        fresh.values.push_back(
            initial_value(spec.init, seed_, (1ull << 32) + table, id * spec.width + c));
    fresh.state.assign(slots_, std::vector<float>(spec.width, 0.0f));
    return tables_[table][id] = fresh;
}

void replayer::apply(const apply_record& r, const std::vector<const whole_gradient*>& gradients) {
    for (std::size_t t = 0; t < tensors_.size(); ++t)
        for (std::size_t i = 0; i < tensors_[t].size(); ++i) {
            float g = gradients[0]->tensors[t][i] * r.items[0].clip;
            for (std::size_t k = 1; k < gradients.size(); ++k)
                g = g + gradients[k]->tensors[t][i] * r.items[k].clip;
            g = g / r.divisor;
            std::vector<float*> state;
            for (auto& slot : state_) state.push_back(&slot[t][i]);
            tensors_[t][i] = step(r, tensors_[t][i], g, state);
        }
    for (std::size_t t = 0; t < tables_.size(); ++t) {
        // Per id: the gradients that name it, in the record's order, repeats of one item summed.
        std::map<std::uint64_t, std::vector<std::pair<std::size_t, std::vector<float>>>> named;
        for (std::size_t k = 0; k < gradients.size(); ++k)
            for (const auto& [id, values] : gradients[k]->tables[t]) {
                auto& list = named[id];
                if (list.empty() || list.back().first != k)
                    list.emplace_back(k, values);
                else
                    for (std::size_t c = 0; c < values.size(); ++c)
                        list.back().second[c] = list.back().second[c] + values[c];
            }
        for (const auto& [id, list] : named) {
            auto& to = row_of(t, id);
            for (std::size_t c = 0; c < to.values.size(); ++c) {
                float g = list[0].second[c] * r.items[list[0].first].clip;
                for (std::size_t k = 1; k < list.size(); ++k)
                    g = g + list[k].second[c] * r.items[list[k].first].clip;
                g = g / r.divisor;
                std::vector<float*> state;
                for (auto& slot : to.state) state.push_back(&slot[c]);
                to.values[c] = step(r, to.values[c], g, state);
            }
        }
    }
}

}  // namespace slackline
