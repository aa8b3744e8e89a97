#include "cluster/make_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "actors/thrown.hpp"
#include "cluster/job/section.hpp"

namespace slackline {

namespace {

// The place of the key "model.KEY" that a sentence begins with, or else of the section.
std::string place_of(const job& j, const std::string& sentence) {
    for (const auto& [key, place] : j.model_places)
        if (sentence.starts_with(fmt::format("model.{} ", key))) return place;
    return j.model_place;
}

tl::unexpected<failure> broken(const job& j, const std::string& why) {
    return fail(failure_code::refused, fmt::format("{}: the model '{}': {}; correct its program",
                                                   j.model_place, j.model_kind, why));
}

// `make` is a user's: what it says of the options is a usage error, and all else it may throw a
// failure.
result<std::unique_ptr<model>> made_by(const model_entry& m, const job& j, model_options& options,
                                       const data_shape& shape) {
    std::string why = "it was not made";
    try {
        if (auto made = m.make(options, shape)) return made;
    } catch (const std::invalid_argument& e) {
        return fail(failure_code::usage, fmt::format("{}: {}", place_of(j, e.what()), e.what()));
    } catch (...) {
        why = what_was_thrown();
    }
    return broken(j, why);
}

}  // namespace

bool has_model(const std::vector<model_entry>& models, const std::string& kind) {
    return std::any_of(models.begin(), models.end(),
                       [&](const model_entry& m) { return m.kind == kind; });
}

std::string kinds_of(const std::vector<model_entry>& models) {
    std::string list;
    for (const auto& m : models) list += (list.empty() ? "" : ", ") + m.kind;
    return list;
}

result<std::unique_ptr<model>> make_model(const job& j, const data_shape& shape,
                                          const std::vector<model_entry>& models) {
    for (const auto& m : models) {
        if (m.kind != j.model_kind) continue;
        auto options = j.model;
        auto made = made_by(m, j, options, shape);
        if (!made) return made;
        const auto unknown = options.untaken();
        if (unknown.empty()) return made;
        const auto near = nearest(unknown.front(), options.known());
        return fail(
            failure_code::usage,
            fmt::format("{}: the model '{}' has no key 'model.{}'; {}",
                        j.model_places.at(unknown.front()), m.kind, unknown.front(),
                        near.empty() ? "remove it" : fmt::format("did you mean '{}'?", near)));
    }
    return fail(failure_code::usage, fmt::format("{}: this program has no model '{}'; it has {}",
                                                 j.model_place, j.model_kind, kinds_of(models)));
}

result<model_layout> layout_of(const job& j, const model& m) {
    try {
        return m.layout();
    } catch (...) {
        return broken(j, what_was_thrown());
    }
}

}  // namespace slackline
