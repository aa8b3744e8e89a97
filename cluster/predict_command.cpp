#include "cluster/predict_command.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "actors/checkpoint/model_files.hpp"
#include "actors/table.hpp"
#include "cluster/complain.hpp"
#include "cluster/data/load.hpp"
#include "cluster/evaluate.hpp"
#include "cluster/json_text.hpp"
#include "cluster/make_model.hpp"
#include "cluster/posix_storage.hpp"
#include "cluster/whole_file.hpp"
#include "kernels/metrics.hpp"

namespace slackline {

namespace {

using json = nlohmann::ordered_json;
using metric_list = std::vector<std::pair<std::string, double>>;

// A model's file and where it was; `seed` draws the rows that no update has touched.
struct saved_model {
    std::string place;
    bytes file;
    std::uint64_t seed = 0;
};

result<saved_model> read_checkpoint_model(const job& j, const checkpoint_choice& from) {
    posix_storage files(from.dir);
    const auto run = choose_run(files, from);
    if (!run) return tl::unexpected(run.error());
    const auto c = choose_checkpoint(files, from, *run);
    if (!c) return tl::unexpected(c.error());
    auto file = read_checkpoint_file(files, *c, model_file_name);
    if (!file) return tl::unexpected(file.error());
    saved_model saved{c->path + "/" + model_file_name, std::move(*file), j.seed};
    const auto& is = c->content->identity.fingerprint;
    if (const auto seed = is.find("seed"); seed != is.end())
        std::from_chars(seed->second.data(), seed->second.data() + seed->second.size(), saved.seed);
    return saved;
}

result<saved_model> read_saved_model(const job& j, const predict_options& o) {
    if (o.model_file.empty()) {
        auto from = o.from;
        if (from.dir.empty()) from.dir = j.checkpoint_dir;
        if (from.run.empty()) from.run = j.name;
        return read_checkpoint_model(j, from);
    }
    const std::filesystem::path path(o.model_file);
    const auto folder = path.parent_path();
    auto file =
        posix_storage(folder.empty() ? "." : folder.string()).read(path.filename().string());
    if (!file)
        return fail(failure_code::usage,
                    fmt::format("the model file {} cannot be read ({}); correct --model",
                                o.model_file, file.error().sentence));
    return saved_model{o.model_file, std::move(*file), j.seed};
}

// The parameters of a model file, for evaluation.
class held_model {
public:
    static result<held_model> open(const saved_model& from, model_layout layout) {
        held_model h;
        h.layout_ = std::move(layout);
        if (auto r = read_model_file(from.file, from.place, h.layout_, h.state_); !r)
            return tl::unexpected(r.error());
        for (std::size_t t = 0; t < h.layout_.tables.size(); ++t) {
            h.tables_.emplace_back(h.layout_.tables[t], t, from.seed, optimizer_settings{});
            h.tables_.back().assign(h.state_.tables[t]);
        }
        return h;
    }

    parameters dense() const {
        parameters p;
        for (std::size_t t = 0; t < layout_.tensors.size(); ++t) {
            const auto& spec = layout_.tensors[t];
            p.tensors.push_back(
                {spec.rows(), spec.width(), {{0, spec.rows(), state_.tensors[t].data()}}});
        }
        return p;
    }

    row_source rows() const {
        return [this](std::size_t t, std::uint64_t id, float* to) { tables_[t].gather(id, to); };
    }

private:
    model_layout layout_;
    model_state state_;
    std::vector<table> tables_;
};

result<std::shared_ptr<const dataset>> choose_part(const loaded_data& data,
                                                   const std::string& part) {
    if (part == "train") return data.train;
    if (part == "test") return data.test;
    if (data.validation) return data.validation;
    return fail(failure_code::usage,
                "the job splits no validation set off (data.validation); use --on test or train");
}

// Predictions as lines of CSV.
class csv_writer {
public:
    csv_writer(task what, std::size_t outputs) : task_(what), outputs_(outputs) {}

    std::string header(const batch& b) const {
        std::string text = "sample";
        if (!b.labels.empty()) text += ",label";
        if (!b.targets.empty()) text += ",target";
        text += ",prediction";
        if (task_ == task::binary) text += ",output,probability";
        if (task_ == task::classification)
            for (std::size_t o = 0; o < outputs_; ++o) text += fmt::format(",output{}", o);
        return text + "\n";
    }

    std::string lines(std::uint64_t begin, const batch& b, std::span<const float> out) const {
        std::string text;
        for (std::size_t s = 0; s < b.size; ++s) {
            auto to = std::back_inserter(text);
            fmt::format_to(to, "{}", begin + s);
            if (!b.labels.empty()) fmt::format_to(to, ",{}", b.labels[s]);
            if (!b.targets.empty()) fmt::format_to(to, ",{}", b.targets[s]);
            prediction(out.subspan(s * outputs_, outputs_), text);
            text += '\n';
        }
        return text;
    }

private:
    void prediction(std::span<const float> out, std::string& text) const {
        auto to = std::back_inserter(text);
        if (task_ == task::regression) {
            fmt::format_to(to, ",{}", out[0]);
        } else if (task_ == task::binary) {
            fmt::format_to(to, ",{},{},{}", out[0] > 0 ? 1 : 0, out[0],
                           static_cast<float>(1 / (1 + std::exp(-static_cast<double>(out[0])))));
        } else {
            fmt::format_to(to, ",{}", std::max_element(out.begin(), out.end()) - out.begin());
            for (const auto o : out) fmt::format_to(to, ",{}", o);
        }
    }

    task task_;
    std::size_t outputs_;
};

std::string metrics_line(const std::string& place, const dataset& on, const metric_list& metrics,
                         bool as_json) {
    if (as_json) {
        json values = json::object();
        for (const auto& [name, value] : metrics) values[name] = value;
        return json_text(json{{"event", "predicted"},
                              {"model", place},
                              {"samples", on.size()},
                              {"metrics", values}}) +
               "\n";
    }
    std::string text = fmt::format("{} on {} samples:", place, on.size());
    if (metrics.empty()) text += "  no labels, no metrics";
    for (const auto& [name, value] : metrics) text += fmt::format("  {} {:.4f}", name, value);
    return text + "\n";
}

result<void> write_out(const std::string& csv, const predict_options& o) {
    if (!o.to.empty()) return write_whole_file(o.to, std::as_bytes(std::span(csv)), o.force);
    if (std::fwrite(csv.data(), 1, csv.size(), stdout) == csv.size() && std::fflush(stdout) == 0)
        return {};
    return fail(failure_code::io,
                "the predictions could not all be written to the standard output; use --to FILE");
}

result<void> predict_with(model& m, const saved_model& saved, const dataset& on,
                          const predict_options& o) {
    const auto held = held_model::open(saved, m.layout());
    if (!held) return tl::unexpected(held.error());
    const csv_writer writer(m.task(), m.outputs());
    evaluation sums(m.task(), m.outputs());
    bool labelled = false;
    std::string csv;
    predict_model(m, on, held->dense(), held->rows(),
                  [&](std::uint64_t begin, const batch& b, std::span<const float> out) {
                      if (begin == 0) csv = writer.header(b);
                      csv += writer.lines(begin, b, out);
                      labelled = !b.labels.empty() || !b.targets.empty();
                      if (labelled) sums.add(out, b, m.loss(out, b));
                  });
    if (auto r = write_out(csv, o); !r) return r;
    const auto line =
        metrics_line(saved.place, on, labelled ? sums.metrics() : metric_list{}, o.json);
    std::fputs(line.c_str(), o.to.empty() ? stderr : stdout);
    return {};
}

result<void> use_other_data(job& j, const predict_options& o) {
    if (o.data.empty()) return {};
    if (j.data.format != "csv" && j.data.format != "libsvm")
        return fail(failure_code::usage,
                    fmt::format("--data takes one file, of the formats csv and libsvm, and the job "
                                "has '{}'; use --on, or --set data.path=DIR",
                                j.data.format));
    j.data.test = o.data;
    return {};
}

}  // namespace

int predict(job j, const predict_options& options, const std::vector<model_entry>& models) {
    if (auto r = use_other_data(j, options); !r) return complain(r.error());
    const auto saved = read_saved_model(j, options);
    if (!saved) return complain(saved.error());
    const auto data = load_data(j);
    if (!data) return complain(data.error());
    const auto on = choose_part(*data, options.part);
    if (!on) return complain(on.error());
    const auto m = make_model(j, data->train->shape(), models);
    if (!m) return complain(m.error());
    const auto done = predict_with(**m, *saved, **on, options);
    return done ? 0 : complain(done.error());
}

}  // namespace slackline
