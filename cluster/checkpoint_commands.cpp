#include "cluster/checkpoint_commands.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "actors/checkpoint/inspection.hpp"
#include "actors/checkpoint/journal.hpp"
#include "actors/checkpoint/model_files.hpp"
#include "cluster/complain.hpp"
#include "cluster/human.hpp"
#include "cluster/json_text.hpp"
#include "cluster/posix_storage.hpp"
#include "cluster/whole_file.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;

constexpr const char* list_row = "{:<40} {:>5} {:>10} {:>17} {:>10} {:>8}  {}\n";

void print(const std::string& text) {
    std::fputs(text.c_str(), stdout);
}

std::uint64_t size_of(storage& files, const std::string& folder) {
    std::uint64_t sum = 0;
    if (const auto names = files.list(folder))
        for (const auto& n : *names) sum += files.size(folder + "/" + n).value_or(0);
    return sum;
}

void list_published(storage& files, const checkpoint_info& c, bool as_json) {
    const auto& m = *c.content;
    const auto whole = has_every_file(files, c);
    const auto written = parse_utc(m.written);
    const auto age_s = written ? std::time(nullptr) - *written : 0;
    if (as_json)
        return print(json_text(json{{"run", m.identity.run},
                                    {"name", name_of(c)},
                                    {"era", m.at.era},
                                    {"count", m.at.count},
                                    {"items_applied", m.ledger.applied},
                                    {"items_skipped", m.ledger.skipped},
                                    {"items_total", m.ledger.items_total},
                                    {"size_bytes", size_of(files, c.path)},
                                    {"written", m.written},
                                    {"age_s", age_s},
                                    {"complete", whole.has_value()},
                                    {"why", whole ? "" : whole.error().sentence}}) +
                     "\n");
    print(fmt::format(list_row, name_of(c), m.at.era, m.at.count,
                      fmt::format("{}/{}", m.ledger.applied, m.ledger.items_total),
                      human_bytes(size_of(files, c.path)), written ? human_age(age_s) : "?",
                      whole ? "complete" : "damaged: " + whole.error().sentence));
}

void list_unusable(storage& files, const std::string& run, const std::string& name,
                   const std::string& why, bool as_json) {
    const auto size = size_of(files, run + "/" + name);
    if (as_json)
        return print(json_text(json{{"run", run},
                                    {"name", name},
                                    {"size_bytes", size},
                                    {"complete", false},
                                    {"why", why}}) +
                     "\n");
    print(fmt::format(list_row, name, "-", "-", "-", human_bytes(size), "-", why));
}

result<void> list_run(storage& files, const std::string& run, bool as_json) {
    const auto published = list_checkpoints(files, run);
    if (!published) return tl::unexpected(published.error());
    const auto names = files.list(run);
    if (!names) return tl::unexpected(names.error());
    auto next = published->begin();
    for (const auto& name : *names) {
        if (!name.starts_with(checkpoint_prefix)) continue;
        if (next == published->end() || name_of(*next) != name) {
            list_unusable(files, run, name, "incomplete: it is being written, or was given up",
                          as_json);
            continue;
        }
        if (next->content)
            list_published(files, *next, as_json);
        else
            list_unusable(files, run, name, "damaged: " + next->content.error().sentence, as_json);
        ++next;
    }
    return {};
}

result<void> list_runs_of(storage& files, const checkpoint_choice& choice, bool as_json) {
    std::vector<std::string> runs;
    if (choice.run.empty()) {
        auto all = list_runs(files, choice.dir);
        if (!all) return tl::unexpected(all.error());
        runs = std::move(*all);
    } else {
        auto run = choose_run(files, choice);
        if (!run) return tl::unexpected(run.error());
        runs.push_back(std::move(*run));
    }
    for (const auto& run : runs) {
        if (!as_json) {
            print(fmt::format("run {} in {}\n", run, choice.dir));
            print(fmt::format(list_row, "name", "era", "update", "items", "size", "age", "state"));
        }
        if (auto r = list_run(files, run, as_json); !r) return r;
    }
    return {};
}

// Prints the verdict; returns whether nothing is damaged.
bool verify(storage& files, const checkpoint_info& c, bool as_json) {
    const auto damage = find_damage(files, c);
    if (as_json) {
        json sentences = json::array();
        for (const auto& d : damage) sentences.push_back(d.sentence);
        print(json_text(json{
                  {"checkpoint", c.path}, {"undamaged", damage.empty()}, {"damage", sentences}}) +
              "\n");
    } else if (damage.empty()) {
        print(fmt::format("{} is undamaged: {} files, {}\n", c.path, c.content->files.size() + 1,
                          human_bytes(size_of(files, c.path))));
    }
    for (const auto& d : damage) complain(d);
    return damage.empty();
}

result<std::vector<checkpoint_info>> to_verify(storage& files, const checkpoint_choice& choice,
                                               const std::string& run, bool all) {
    if (all) return list_checkpoints(files, run);
    auto one = choose_checkpoint(files, choice, run);
    if (!one) return tl::unexpected(one.error());
    return std::vector<checkpoint_info>{std::move(*one)};
}

}  // namespace

int checkpoint_list(const checkpoint_choice& choice, bool as_json) {
    posix_storage files(choice.dir);
    const auto r = list_runs_of(files, choice, as_json);
    return r ? 0 : complain(r.error());
}

int checkpoint_verify(const checkpoint_choice& choice, bool all, bool as_json) {
    posix_storage files(choice.dir);
    const auto run = choose_run(files, choice);
    if (!run) return complain(run.error());
    const auto these = to_verify(files, choice, *run, all);
    if (!these) return complain(these.error());
    bool fine = true;
    for (const auto& c : *these) fine = verify(files, c, as_json) && fine;
    if (const auto journal = read_journal(files, *run + "/journal"); all && !journal) {
        complain(journal.error());
        fine = false;
    }
    return fine ? 0 : 1;
}

int checkpoint_export(const checkpoint_choice& choice, const std::string& to, bool force,
                      bool as_json) {
    posix_storage files(choice.dir);
    const auto run = choose_run(files, choice);
    if (!run) return complain(run.error());
    const auto c = choose_checkpoint(files, choice, *run);
    if (!c) return complain(c.error());
    const auto model = read_checkpoint_file(files, *c, model_file_name);
    if (!model) return complain(model.error());
    if (auto r = write_whole_file(to, *model, force); !r) return complain(r.error());
    if (as_json)
        print(json_text(json{{"checkpoint", c->path}, {"to", to}, {"size_bytes", model->size()}}) +
              "\n");
    else
        print(fmt::format("the model of {} is in {} ({})\n", c->path, to,
                          human_bytes(model->size())));
    return 0;
}

}  // namespace slackline
