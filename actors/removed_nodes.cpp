#include "actors/removed_nodes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace slackline {

namespace {
using json = nlohmann::ordered_json;
}

result<removed_nodes> removed_nodes::replay(std::vector<std::string>& entries) {
    removed_nodes all;
    std::vector<std::string> others;
    try {
        for (auto& e : entries) {
            const auto j = json::parse(e, nullptr, false);
            if (j.is_object() && j.value("entry", "") == "removed")
                all.add(j.at("name").get<std::string>());
            else
                others.push_back(std::move(e));
        }
    } catch (const json::exception& e) {
        return fail(failure_code::malformed,
                    fmt::format("a node that was removed does not read as one ({})", e.what()));
    }
    entries = std::move(others);
    return all;
}

std::vector<std::string> removed_nodes::entries() const {
    std::vector<std::string> all;
    for (const auto& name : names_)
        all.push_back(json{{"entry", "removed"}, {"name", name}}.dump(
            -1, ' ', false, json::error_handler_t::replace));
    return all;
}

}  // namespace slackline
