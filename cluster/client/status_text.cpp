#include "cluster/client/status_text.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cluster/client/text_table.hpp"
#include "cluster/human.hpp"
#include "cluster/json_text.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;

const json& at(const json& j, const char* key) {
    static const json nothing;
    if (!j.is_object()) return nothing;
    const auto found = j.find(key);
    return found == j.end() ? nothing : *found;
}

json list(const json& j, const char* key) {
    const auto& l = at(j, key);
    return l.is_array() ? l : json::array();
}

std::string cell(const json& value, int decimals = 0) {
    if (value.is_string()) {
        const auto text = value.get<std::string>();
        return text.empty() ? "-" : text;
    }
    if (value.is_number_float()) return fmt::format("{:.{}f}", value.get<double>(), decimals);
    if (value.is_number() || value.is_boolean()) return value.dump();
    if (!value.is_array() || value.empty()) return "-";
    std::string text;
    for (const auto& v : value) text += fmt::format("{}{}", text.empty() ? "" : ",", cell(v));
    return text;
}

std::string cell(const json& j, const char* key, int decimals = 0) {
    return cell(at(j, key), decimals);
}

std::string age(const json& j, const char* key) {
    const auto& seconds = at(j, key);
    if (!seconds.is_number()) return "-";
    return human_age(std::llround(seconds.get<double>()));
}

std::string date(const json& j, const char* key) {
    const auto& seconds = at(j, key);
    if (!seconds.is_number_integer()) return "-";
    return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds.get<std::time_t>()));
}

std::string nodes_table(const json& status) {
    text_table t({"node", "state", "since", "roles", "pid", "program", "waits for"});
    for (const auto& n : list(status, "nodes"))
        t.add({cell(n, "name"), cell(n, "state"), age(n, "since_s"), cell(n, "roles"),
               cell(n, "pid"), cell(n, "program"), cell(n, "waits_for")});
    return t.text();
}

std::string shards_table(const json& status) {
    text_table t({"shard", "node", "state"});
    for (const auto& s : list(status, "shards"))
        t.add({cell(s, "shard"), cell(s, "node"), cell(s, "state")});
    return t.text();
}

std::string closed_items(const json& run) {
    const auto& applied = at(run, "applied");
    const auto& skipped = at(run, "skipped");
    if (!applied.is_number_unsigned() || !skipped.is_number_unsigned()) return "-";
    return fmt::format("{}/{}", applied.get<std::uint64_t>() + skipped.get<std::uint64_t>(),
                       cell(run, "items"));
}

std::string table_of(const json& runs) {
    text_table t({"run", "state", "era", "update", "items", "skipped", "stale", "items/s", "loss",
                  "checkpoint"});
    for (const auto& r : runs)
        t.add({cell(r, "name"), cell(r, "state"), cell(r, "era"), cell(r, "count"), closed_items(r),
               cell(r, "skipped"), cell(r, "staleness"), cell(r, "items_per_s"), cell(r, "loss", 4),
               age(r, "checkpoint_age_s")});
    return t.text();
}

std::string workers_table(const json& run) {
    text_table t({"worker", "node", "clock", "open", "window", "failed", "ms/item", "items/s"});
    for (const auto& w : list(run, "workers"))
        t.add({cell(w, "worker"), cell(w, "node"), cell(w, "clock"), cell(w, "open"),
               cell(w, "window"), cell(w, "failures"), cell(w, "item_ms"),
               cell(w, "items_per_s", 1)});
    return t.text("  ");
}

// "node c (6 s left) and node d"
std::string awaited(const json& run, bool with_time) {
    std::string text;
    for (const auto& a : list(run, "awaits")) {
        text += fmt::format("{}node {}", text.empty() ? "" : " and ", cell(a, "node"));
        if (with_time && at(a, "deadline_s").is_number())
            text += fmt::format(" ({} left)", age(a, "deadline_s"));
    }
    return text;
}

// "node b waits for the data of run r", of those nodes that are not where the run wants them.
std::string busy_nodes(const json& status) {
    std::string text;
    for (const auto& n : list(status, "nodes"))
        if (const auto what = cell(n, "waits_for"); what != "-")
            text += fmt::format("{}node {} waits for {}", text.empty() ? "" : ", ", cell(n, "name"),
                                what);
    return text;
}

std::string skips(const json& run) {
    std::string text;
    for (const auto& s : list(run, "skips"))
        text += fmt::format("  item {} is skipped: {}\n", cell(s, "item"), cell(s, "cause"));
    return text;
}

// Where one copy holds a part alone, that is said.
std::string copies_table(const json& run) {
    text_table t({"part", "primary on", "held by", "is to be on", "in sync", "MB",
                  "what is acknowledged survives"});
    for (const auto& c : list(run, "copies")) {
        const auto in_sync = at(c, "in_sync").is_number() ? at(c, "in_sync").get<int>() : 0;
        const auto& size = at(c, "bytes");
        t.add({cell(c, "part"), cell(c, "primary"), cell(c, "nodes"), cell(c, "lacking"),
               fmt::format("{} of {}", in_sync, cell(c, "wanted")),
               size.is_number() ? fmt::format("{:.1f}", size.get<double>() / 1e6) : "-",
               in_sync > 1 ? fmt::format("the loss of {}", in_sync - 1)
                           : std::string("no loss: as at the level applied")});
    }
    auto text = t.text("  ");
    if (const auto& i = at(run, "imbalance"); i.is_number())
        text += fmt::format("  the fullest node holds {} times the mean\n", cell(i, 2));
    return text;
}

std::string details(const json& run) {
    const auto sentence = cell(run, "sentence");
    const auto waits = awaited(run, true);
    auto text = workers_table(run) + copies_table(run) + skips(run);
    if (sentence != "-") text += fmt::format("  {}\n", sentence);
    if (!waits.empty()) text += fmt::format("  it waits for {}\n", waits);
    return text.empty() ? text : fmt::format("\nrun {}\n{}", cell(run, "name"), text);
}

result<json> parsed(const std::string& text) {
    auto j = json::parse(text, nullptr, false);
    if (j.is_discarded())
        return fail(failure_code::malformed,
                    "what the coordinator tells is no JSON; run the same version of this program "
                    "here and there");
    return j;
}

}  // namespace

result<std::string> one_line(const std::string& text) {
    const auto j = parsed(text);
    if (!j) return tl::unexpected(j.error());
    return json_text(*j) + "\n";
}

result<std::string> status_text(const std::string& text) {
    const auto j = parsed(text);
    if (!j) return tl::unexpected(j.error());
    auto all = fmt::format("cluster {}\n", cell(*j, "cluster"));
    const auto runs = list(*j, "runs");
    for (const auto& part : {nodes_table(*j), shards_table(*j), table_of(runs)})
        if (!part.empty()) all += "\n" + part;
    for (const auto& r : runs) all += details(r);
    for (const auto& w : list(*j, "waits")) all += fmt::format("\n{}\n", cell(w));
    return all;
}

result<std::string> runs_text(const std::string& text) {
    const auto j = parsed(text);
    if (!j) return tl::unexpected(j.error());
    text_table t({"number", "run", "state", "submitted", "what is said of it"});
    for (const auto& r : list(*j, "runs"))
        t.add({cell(r, "run"), cell(r, "name"), cell(r, "state"), date(r, "submitted_s"),
               cell(r, "sentence")});
    const auto table = t.text();
    return table.empty() ? "there are no runs\n" : table;
}

std::string what_holds_up(const std::string& text, const std::string& run) {
    const auto j = parsed(text);
    if (!j) return "";
    for (const auto& r : list(*j, "runs")) {
        if (cell(r, "name") != run) continue;
        if (const auto waits = awaited(r, false); !waits.empty())
            return fmt::format("run {} waits for {}", run, waits);
        const auto sentence = cell(r, "sentence");
        const auto state = cell(r, "state");
        if (sentence != "-") return fmt::format("run {}: {}", run, sentence);
        if (state == "-") return "";
        const auto busy = busy_nodes(*j);
        return fmt::format("run {} is {}{}{}", run, state, busy.empty() ? "" : ": ", busy);
    }
    return "";
}

}  // namespace slackline
