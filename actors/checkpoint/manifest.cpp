#include "actors/checkpoint/manifest.hpp"

#include <fmt/format.h>

#include <cstring>
#include <nlohmann/json.hpp>

#include "messages/crc32c.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;
constexpr int format_version = 1;

std::uint32_t checksum_of(const json& content) {
    const std::string text = content.dump();
    return crc32c(std::as_bytes(std::span(text)));
}

json ledger_json(const ledger_state& l) {
    return {{"watermark", l.watermark},
            {"applied_above", l.applied_above},
            {"skipped_above", l.skipped_above},
            {"applied", l.applied},
            {"skipped", l.skipped},
            {"count", l.count},
            {"cuts", l.cuts},
            {"items_total", l.items_total},
            {"tries", l.tries}};
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
    l.items_total = j.at("items_total");
    l.tries = j.at("tries").get<std::vector<std::pair<item_id, std::uint32_t>>>();
    return l;
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
    const json whole = {{"crc32c", checksum_of(content)}, {"checkpoint", content}};
    const std::string text = whole.dump(2) + "\n";
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
