// JSON on one line, whatever bytes a path or a cause consists of. Thread: any.
#pragma once

#include <nlohmann/json.hpp>
#include <string>

namespace slackline {

/// Bytes that are no UTF-8 are replaced: a file's name may have them, and JSON must not.
inline std::string json_text(const nlohmann::ordered_json& j) {
    return j.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace slackline
