#include "cluster/node/layout_difference.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace slackline {

namespace {

std::string text_of(const init_rule& r) {
    const char* kind = r.kind == init_kind::zero      ? "zero"
                       : r.kind == init_kind::uniform ? "uniform"
                                                      : "normal";
    return fmt::format("{} {}", kind, r.scale);
}

std::string text_of(const tensor_spec& t) {
    std::string shape;
    for (const auto d : t.shape) shape += (shape.empty() ? "" : ", ") + std::to_string(d);
    return fmt::format("'{}' [{}], {}", t.name, shape, text_of(t.init));
}

std::string text_of(const table_spec& t) {
    return fmt::format("'{}' of width {}, {}", t.name, t.width, text_of(t.init));
}

template <class T>
std::optional<std::string> first_difference(const char* what, const std::vector<T>& here,
                                            const std::vector<T>& there) {
    const auto at = [](const std::vector<T>& list, std::size_t i) {
        return i < list.size() ? text_of(list[i]) : std::string("absent");
    };
    for (std::size_t i = 0; i < std::max(here.size(), there.size()); ++i)
        if (at(here, i) != at(there, i))
            return fmt::format("the {} {} is {} here and {} at the coordinator", what, i + 1,
                               at(here, i), at(there, i));
    return std::nullopt;
}

}  // namespace

std::optional<std::string> layout_difference(const model_layout& here,
                                             const model_layout& coordinator) {
    if (auto d = first_difference("tensor", here.tensors, coordinator.tensors)) return d;
    return first_difference("table", here.tables, coordinator.tables);
}

}  // namespace slackline
