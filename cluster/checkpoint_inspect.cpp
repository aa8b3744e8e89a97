// `slackline checkpoint inspect`.
#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "actors/checkpoint/inspection.hpp"
#include "actors/checkpoint/model_files.hpp"
#include "cluster/checkpoint_commands.hpp"
#include "cluster/complain.hpp"
#include "cluster/human.hpp"
#include "cluster/json_text.hpp"
#include "cluster/posix_storage.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;
using summaries = std::vector<tensor_summary>;

struct looked_at {
    checkpoint_info checkpoint;
    std::vector<std::pair<manifest_file, summaries>> files;  ///< in the manifest's order
};

result<looked_at> look(storage& files, const checkpoint_choice& choice) {
    const auto run = choose_run(files, choice);
    if (!run) return tl::unexpected(run.error());
    auto c = choose_checkpoint(files, choice, *run);
    if (!c) return tl::unexpected(c.error());
    if (!c->content) return tl::unexpected(c->content.error());
    looked_at seen{std::move(*c), {}};
    for (const auto& f : seen.checkpoint.content->files) {
        const auto content = read_checkpoint_file(files, seen.checkpoint, f.name);
        if (!content) return tl::unexpected(content.error());
        auto tensors = summarize(*content, seen.checkpoint.path + "/" + f.name);
        if (!tensors) return tl::unexpected(tensors.error());
        seen.files.emplace_back(f, std::move(*tensors));
    }
    return seen;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
    std::string text;
    for (const auto d : shape) text += (text.empty() ? "" : ", ") + std::to_string(d);
    return "[" + text + "]";
}

std::string history_text(const ledger_history& h) {
    std::string text = fmt::format(
        "refused     {} duplicates, {} gradients as too old; {} leases ended without one\n"
        "staleness  ",
        h.duplicates, h.recomputed, h.leases_ended);
    for (std::size_t s = 0; s < h.staleness.size(); ++s)
        if (h.staleness[s] > 0) text += fmt::format(" {}: {}", s, h.staleness[s]);
    text += "\n";
    for (const auto& s : h.skips) text += fmt::format("skipped     item {}: {}\n", s.item, s.cause);
    return text;
}

std::string ledger_text(const ledger_state& l) {
    std::string text = fmt::format(
        "items       {} in all: {} applied, {} skipped, {} open\n"
        "ledger      every item below {} is closed; above it {} applied and {} skipped\n",
        l.items_total, l.applied, l.skipped, l.items_total - l.applied - l.skipped, l.watermark,
        l.applied_above.size(), l.skipped_above.size());
    for (const auto& [item, tries] : l.tries)
        text += fmt::format("            item {} was tried in vain {} times\n", item, tries);
    return text + history_text(l.history);
}

std::string tensors_text(const summaries& tensors) {
    std::size_t width = 4;
    for (const auto& t : tensors) width = std::max(width, t.name.size());
    std::string text =
        fmt::format("  {:<{}}  {:>14}  {:>11}  {:>11}  {:>11}  {:>11}  {:>9}\n", "name", width,
                    "shape", "mean", "deviation", "least", "greatest", "zeros");
    for (const auto& t : tensors) {
        text += fmt::format("  {:<{}}  {:>14}", t.name, width, shape_text(t.shape));
        if (t.type == tensor_type::f32)
            text += fmt::format("  {:>11.4g}  {:>11.4g}  {:>11.4g}  {:>11.4g}  {:>9}", t.mean,
                                t.deviation, t.min, t.max, t.zeros);
        if (t.not_finite > 0) text += fmt::format("  {} NOT FINITE", t.not_finite);
        text += "\n";
    }
    return text;
}

std::string indented(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        const auto end = std::min(text.find('\n', at), text.size());
        out += "  " + text.substr(at, end - at) + "\n";
        at = end + 1;
    }
    return out;
}

std::string in_words(const looked_at& seen) {
    const auto& m = *seen.checkpoint.content;
    const auto written = parse_utc(m.written);
    std::string text = fmt::format(
        "{}\nwritten     {}{}\nversion     era {}, update {}\n", seen.checkpoint.path, m.written,
        written ? fmt::format(" ({} ago)", human_age(std::time(nullptr) - *written)) : "", m.at.era,
        m.at.count);
    text += ledger_text(m.ledger);
    text += fmt::format("optimizer   {}\n", m.identity.optimizer);
    for (const auto& [key, value] : m.identity.fingerprint)
        text += fmt::format("{:<11} {}\n", key, value);
    for (const auto& [file, tensors] : seen.files)
        text += fmt::format("\n{}: {}, crc32c {:08x}, {} tensors\n", file.name,
                            human_bytes(file.size_bytes), file.crc32c, tensors.size()) +
                (tensors.empty() ? "" : tensors_text(tensors));
    return text + "\nthe job:\n" + indented(m.identity.job);
}

json tensor_json(const tensor_summary& t) {
    json j = {{"name", t.name},
              {"dtype", t.type == tensor_type::f32 ? "F32" : "U64"},
              {"shape", t.shape}};
    if (t.type == tensor_type::f32)
        j.update(json{{"mean", t.mean},
                      {"deviation", t.deviation},
                      {"min", t.min},
                      {"max", t.max},
                      {"zeros", t.zeros},
                      {"not_finite", t.not_finite}});
    return j;
}

json ledger_json(const ledger_state& l) {
    json skips = json::array();
    for (const auto& s : l.history.skips) skips.push_back({{"item", s.item}, {"cause", s.cause}});
    return {{"items_total", l.items_total},
            {"applied", l.applied},
            {"skipped", l.skipped},
            {"watermark", l.watermark},
            {"applied_above", l.applied_above},
            {"skipped_above", l.skipped_above},
            {"tries", l.tries},
            {"staleness", l.history.staleness},
            {"duplicates", l.history.duplicates},
            {"recomputed", l.history.recomputed},
            {"leases_ended", l.history.leases_ended},
            {"skips", skips}};
}

json in_json(const looked_at& seen) {
    const auto& m = *seen.checkpoint.content;
    json files = json::array();
    for (const auto& [file, summaries_of_file] : seen.files) {
        json tensors = json::array();
        for (const auto& t : summaries_of_file) tensors.push_back(tensor_json(t));
        files.push_back({{"name", file.name},
                         {"size_bytes", file.size_bytes},
                         {"crc32c", file.crc32c},
                         {"tensors", tensors}});
    }
    return {{"run", m.identity.run},
            {"name", name_of(seen.checkpoint)},
            {"written", m.written},
            {"era", m.at.era},
            {"count", m.at.count},
            {"ledger", ledger_json(m.ledger)},
            {"optimizer", m.identity.optimizer},
            {"fingerprint", m.identity.fingerprint},
            {"files", files},
            {"job", m.identity.job}};
}

}  // namespace

int checkpoint_inspect(const checkpoint_choice& choice, bool as_json) {
    posix_storage files(choice.dir);
    const auto seen = look(files, choice);
    if (!seen) return complain(seen.error());
    const auto text = as_json ? json_text(in_json(*seen)) + "\n" : in_words(*seen);
    std::fputs(text.c_str(), stdout);
    return 0;
}

}  // namespace slackline
