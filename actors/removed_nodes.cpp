#include "actors/removed_nodes.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

namespace slackline {

namespace {

using json = nlohmann::ordered_json;

std::string entry(const char* kind, const std::string& name) {
    return json{{"entry", kind}, {"name", name}}.dump(-1, ' ', false,
                                                      json::error_handler_t::replace);
}

// The name of one of this kind.
std::optional<std::string> named(const json& j, const char* kind) {
    if (!j.is_object() || j.value("entry", "") != kind) return std::nullopt;
    return j.at("name").get<std::string>();
}

}  // namespace

std::string removed_nodes::removal(const std::string& name) {
    return entry("removed", name);
}

std::string removed_nodes::restoration(const std::string& name) {
    return entry("restored", name);
}

result<removed_nodes> removed_nodes::replay(std::vector<std::string>& entries) {
    removed_nodes all;
    std::vector<std::string> others;
    try {
        for (auto& e : entries) {
            const auto j = json::parse(e, nullptr, false);
            if (const auto gone = named(j, "removed"))
                all.add(*gone);
            else if (const auto back = named(j, "restored"))
                all.restore(*back);
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
    for (const auto& name : names_) all.push_back(removal(name));
    return all;
}

}  // namespace slackline
