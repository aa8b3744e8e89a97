// The manifest: what is written is read, what contradicts itself is refused, and a checkpoint of
// another run is refused with the difference.
#include <nlohmann/json.hpp>

#include "messages/crc32c.hpp"
#include "tests/catch.hpp"
#include "tests/unit/checkpoint_samples.hpp"

using namespace slackline;

namespace {

using json = nlohmann::ordered_json;

manifest sample_manifest() {
    return {sample_identity(),
            {3, 20},
            sample_ledger(20),
            "2026-01-31T12:00:00Z",
            {{"model.safetensors", 548, 0xdc0bfe8a}, {"state.safetensors", 1ull << 40, 0}}};
}

std::string text_of(const bytes& b) {
    return {reinterpret_cast<const char*>(b.data()), b.size()};
}

bytes bytes_of(const std::string& text) {
    const auto b = std::as_bytes(std::span(text));
    return {b.begin(), b.end()};
}

// The manifest with some of its content changed and a checksum that fits.
template <class Change>
bytes forged(Change change) {
    auto whole = json::parse(text_of(write_manifest(sample_manifest())));
    change(whole["checkpoint"]);
    const auto text = whole["checkpoint"].dump();
    whole["crc32c"] = crc32c(std::as_bytes(std::span(text)));
    return bytes_of(whole.dump(2) + "\n");
}

void require_refused(const bytes& file, const std::string& why) {
    const auto read = read_manifest(file, "PLACE");
    REQUIRE(!read);
    CAPTURE(read.error().sentence);
    REQUIRE(read.error().sentence.find("PLACE") != std::string::npos);
    REQUIRE(read.error().sentence.find(why) != std::string::npos);
}

}  // namespace

TEST_CASE("a manifest is read as it was written") {
    const auto m = sample_manifest();
    const auto read = read_manifest(write_manifest(m), "PLACE");
    REQUIRE(read);
    REQUIRE(read->identity.run == m.identity.run);
    REQUIRE(read->identity.fingerprint == m.identity.fingerprint);
    REQUIRE(read->identity.optimizer == m.identity.optimizer);
    REQUIRE(read->identity.job == m.identity.job);
    REQUIRE(read->at == m.at);
    REQUIRE(read->ledger == m.ledger);
    REQUIRE(read->written == m.written);
    REQUIRE(read->files.size() == 2);
    for (std::size_t f = 0; f < 2; ++f) {
        REQUIRE(read->files[f].name == m.files[f].name);
        REQUIRE(read->files[f].size_bytes == m.files[f].size_bytes);
        REQUIRE(read->files[f].crc32c == m.files[f].crc32c);
    }
}

TEST_CASE("text that is no UTF-8 is written so that it can be read") {
    auto m = sample_manifest();
    m.ledger.history.skips = {{23, "thrown: \xff\xfe"}};
    m.identity.job = "name = \"\xc3\"";
    const auto read = read_manifest(write_manifest(m), "PLACE");
    REQUIRE(read);
    REQUIRE(read->ledger.history.skips.front().cause.starts_with("thrown: "));
}

TEST_CASE("a manifest whose ledger contradicts itself is refused although its checksum fits") {
    REQUIRE(read_manifest(forged([](json&) {}), "PLACE"));
    const auto ledger = [](const char* key, json value) {
        return forged([&](json& c) { c["ledger"][key] = value; });
    };
    require_refused(ledger("applied_above", {21, 23}), "twice");
    require_refused(ledger("applied_above", {21, 21}), "twice");
    require_refused(ledger("applied_above", {19}), "below the watermark");
    require_refused(ledger("applied_above", {1'000'000}), "does not have");
    require_refused(ledger("items_total", 19), "does not have");
    require_refused(ledger("applied", 22), "do not add up");
    require_refused(ledger("skipped", std::uint64_t(-1)), "do not add up");
    require_refused(forged([](json& c) {  // together they do, beyond 64 bits
                        c["ledger"]["applied"] = c["ledger"]["applied"].get<std::uint64_t>() + 2;
                        c["ledger"]["skipped"] = c["ledger"]["skipped"].get<std::uint64_t>() - 2;
                    }),
                    "do not add up");
    require_refused(ledger("watermark", 19), "do not add up");
    require_refused(ledger("tries", json::array({json::array({19, 1})})), "closed item");
    require_refused(ledger("tries", json::array({json::array({23, 1})})), "closed item");
    require_refused(ledger("count", 19), "another update");
    require_refused(forged([](json& c) {
                        c["count"] = 22;
                        c["ledger"]["count"] = 22;
                    }),
                    "more updates than applied items");
}

TEST_CASE("a manifest of another format, or without a part, is refused") {
    require_refused(forged([](json& c) { c["format"] = 2; }), "format 2");
    for (const char* key : {"format", "run", "era", "count", "written", "fingerprint", "optimizer",
                            "ledger", "files", "job"})
        require_refused(forged([&](json& c) { c.erase(key); }), key);
    require_refused(forged([](json& c) { c["run"] = 5; }), "damaged");
    require_refused(forged([](json& c) { c["files"] = {{{"name", "x"}}}; }), "damaged");
    for (const char* text : {"", "\n", "[]", "5", "{}", "{\"crc32c\": 1}", "\xff\xfe"})
        require_refused(bytes_of(text), "damaged");
    require_refused(bytes_of(std::string(100'000, '[')), "damaged");
}

TEST_CASE("the same content in other words is no manifest") {
    const auto whole = json::parse(text_of(write_manifest(sample_manifest())));
    require_refused(bytes_of(whole.dump()), "text was changed");
    require_refused(bytes_of(whole.dump(2)), "text was changed");
}

TEST_CASE("a checkpoint of another run is refused and the difference named") {
    const auto is = sample_identity();
    REQUIRE(same_run(is, is, "PLACE"));
    const auto require_named = [&](const run_identity& was, const std::string& difference) {
        const auto r = same_run(was, is, "PLACE");
        REQUIRE(!r);
        REQUIRE(r.error().code == failure_code::mismatch);
        CAPTURE(r.error().sentence);
        REQUIRE(r.error().sentence.find("PLACE was written with " + difference) == 0);
    };
    for (const auto& [key, value] : is.fingerprint) {
        auto was = is;
        was.fingerprint[key] = "other";
        require_named(was, key + " = other and the job has " + value);
        was.fingerprint.erase(key);
        require_named(was, key + " = nothing and the job has " + value);
    }
    auto was = is;
    was.optimizer = "sgd";
    require_named(was, "optimizer = sgd and the job has adam");
    was = is;
    was.job = "another text";
    REQUIRE(same_run(was, is, "PLACE"));
}
