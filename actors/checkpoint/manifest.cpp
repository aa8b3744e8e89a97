#include "actors/checkpoint/manifest.hpp"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "messages/crc32c.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;
constexpr int format_version = 1;

// Text that is no UTF-8, in a cause or a job, has its odd bytes replaced.
std::string dumped(const json& j, int indent) {
    return j.dump(indent, ' ', false, json::error_handler_t::replace);
}

std::uint32_t checksum_of(const json& content) {
    const std::string text = dumped(content, -1);
    return crc32c(std::as_bytes(std::span(text)));
}

json history_json(const ledger_history& h) {
    json skips = json::array();
    for (const auto& s : h.skips) skips.push_back({{"item", s.item}, {"cause", s.cause}});
    return {{"staleness", h.staleness},
            {"duplicates", h.duplicates},
            {"recomputed", h.recomputed},
            {"leases_ended", h.leases_ended},
            {"skips", skips}};
}

ledger_history history_from(const json& j) {
    ledger_history h;
    h.staleness = j.at("staleness").get<std::vector<std::uint64_t>>();
    h.duplicates = j.at("duplicates");
    h.recomputed = j.at("recomputed");
    h.leases_ended = j.at("leases_ended");
    for (const auto& s : j.at("skips")) h.skips.push_back({s.at("item"), s.at("cause")});
    return h;
}

json ledger_json(const ledger_state& l) {
    return {{"watermark", l.watermark},
            {"applied_above", l.applied_above},
            {"skipped_above", l.skipped_above},
            {"applied", l.applied},
            {"skipped", l.skipped},
            {"count", l.count},
            {"cuts", l.cuts},
            {"position", l.position},
            {"items_total", l.items_total},
            {"tries", l.tries},
            {"history", history_json(l.history)}};
}

ledger_state ledger_from(const json& j) {
    ledger_state l;
    l.watermark = j.at("watermark");
    l.applied_above = j.at("applied_above").get<std::vector<item_id>>();
    l.skipped_above = j.at("skipped_above").get<std::vector<item_id>>();
    l.applied = j.at("applied");
    l.skipped = j.at("skipped");
    l.count = j.at("count");
    l.cuts = j.at("cuts");
    l.position = j.at("position");
    l.items_total = j.at("items_total");
    l.tries = j.at("tries").get<std::vector<std::pair<item_id, std::uint32_t>>>();
    l.history = history_from(j.at("history"));
    return l;
}

// What of a ledger contradicts itself; nullptr where nothing does.
const char* contradiction(const ledger_state& l) {
    std::set<item_id> closed(l.applied_above.begin(), l.applied_above.end());
    closed.insert(l.skipped_above.begin(), l.skipped_above.end());
    const auto above = l.applied_above.size() + l.skipped_above.size();
    if (closed.size() != above) return "its ledger names an item twice";
    if (!closed.empty() && *closed.begin() < l.watermark)
        return "its ledger lists an item below the watermark";
    if (l.watermark > l.items_total || (!closed.empty() && *closed.rbegin() >= l.items_total))
        return "its ledger has closed items that the run does not have";
    if (l.applied > l.items_total || l.skipped > l.items_total ||
        l.applied + l.skipped != l.watermark + above)
        return "its ledger's totals do not add up";
    if (l.count > l.applied) return "it counts more updates than applied items";
    for (const auto& [item, tries] : l.tries)
        if (item < l.watermark || closed.contains(item))
            return "its ledger counts tries of a closed item";
    return nullptr;
}

std::string text_of(const json& content) {
    return dumped({{"crc32c", checksum_of(content)}, {"checkpoint", content}}, 2) + "\n";
}

manifest manifest_from(const json& c) {
    manifest m;
    m.identity.run = c.at("run");
    m.at = {c.at("era"), c.at("count")};
    m.written = c.at("written");
    m.identity.fingerprint = c.at("fingerprint").get<std::map<std::string, std::string>>();
    m.identity.optimizer = c.at("optimizer");
    m.ledger = ledger_from(c.at("ledger"));
    for (const auto& f : c.at("files"))
        m.files.push_back({f.at("name"), f.at("size_bytes"), f.at("crc32c")});
    m.identity.job = c.at("job");
    return m;
}

}  // namespace

bytes write_manifest(const manifest& m) {
    json files = json::array();
    for (const auto& f : m.files)
        files.push_back({{"name", f.name}, {"size_bytes", f.size_bytes}, {"crc32c", f.crc32c}});
    json content = {{"format", format_version},
                    {"run", m.identity.run},
                    {"era", m.at.era},
                    {"count", m.at.count},
                    {"written", m.written},
                    {"fingerprint", m.identity.fingerprint},
                    {"optimizer", m.identity.optimizer},
                    {"ledger", ledger_json(m.ledger)},
                    {"files", files},
                    {"job", m.identity.job}};
    const std::string text = text_of(content);
    bytes out(text.size());
    std::memcpy(out.data(), text.data(), text.size());
    return out;
}

result<manifest> read_manifest(const bytes& file, const std::string& place) {
    const auto* text = reinterpret_cast<const char*>(file.data());
    const auto damaged = [&](const std::string& how) {
        return fail(failure_code::malformed,
                    fmt::format("{} is damaged: {}; use another checkpoint", place, how));
    };
    try {
        const auto whole = json::parse(text, text + file.size());
        const auto& c = whole.at("checkpoint");
        if (whole.at("crc32c") != checksum_of(c)) return damaged("its checksum does not match");
        if (c.at("format") != format_version)
            return fail(failure_code::mismatch,
                        fmt::format("{} has format {} and this program reads {}; use a matching "
                                    "version",
                                    place, c.at("format").dump(), format_version));
        // One text a manifest: what no checksum covers, spaces and line ends, is checked too.
        if (text_of(c) != std::string_view(text, file.size()))
            return damaged("its text was changed");
        auto m = manifest_from(c);
        if (m.ledger.count != m.at.count) return damaged("its ledger is of another update");
        if (const char* how = contradiction(m.ledger)) return damaged(how);
        return m;
    } catch (const nlohmann::json::exception& e) {
        return damaged(e.what());
    }
}

result<void> same_run(const run_identity& checkpoint, const run_identity& job,
                      const std::string& place) {
    const auto differs = [&](const std::string& key, const std::string& was,
                             const std::string& is) {
        return fail(failure_code::mismatch,
                    fmt::format("{} was written with {} = {} and the job has {}; resume with the "
                                "same value or choose another [checkpoint] dir or run name",
                                place, key, was, is));
    };
    if (checkpoint.optimizer != job.optimizer)
        return differs("optimizer", checkpoint.optimizer, job.optimizer);
    for (const auto& [key, value] : job.fingerprint) {
        const auto was = checkpoint.fingerprint.find(key);
        if (was == checkpoint.fingerprint.end()) return differs(key, "nothing", value);
        if (was->second != value) return differs(key, was->second, value);
    }
    return {};
}

}  // namespace slackline
