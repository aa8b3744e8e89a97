#include "cluster/job/sections.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <initializer_list>
#include <limits>

namespace slackline {

namespace {

constexpr std::int64_t many = 1'000'000'000;
constexpr double huge = 1e12;

class reader {
public:
    reader(toml_source& source, const toml::table& root, const std::string& folder, job& to)
        : source_(source), root_(root), folder_(folder), to_(to) {}

    void read() {
        toml_section all(source_, &root_, "");
        run(all.section("run"));
        data(all.section("data"));
        model(all.section("model"));
        optimizer(all.section("optimizer"));
        schedule(all.section("schedule"));
        consistency(all.section("consistency"));
        evaluation(all.section("evaluation"));
        checkpoint(all.section("checkpoint"));
        all.end();
    }

private:
    std::string path(const std::string& p) const {
        if (p.empty()) return p;
        return (std::filesystem::path(folder_) / p).lexically_normal().string();
    }

    std::uint32_t u32(toml_section& s, const char* key, std::uint32_t fallback, std::int64_t least,
                      std::int64_t most = many) {
        return static_cast<std::uint32_t>(s.integer(key, fallback, least, most));
    }

    float f32(toml_section& s, const char* key, float fallback, double least, double most) {
        return static_cast<float>(s.number(key, fallback, least, most));
    }

    void run(toml_section s) {
        to_.name = s.text("name", "");
        if (to_.name.empty() ||
            to_.name.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789-_.") != to_.name.npos ||
            to_.name.front() == '.')
            s.refuse("name", "a run needs a name of letters, digits, '-', '_' and '.'");
        to_.epochs = u32(s, "epochs", to_.epochs, 1);
        to_.seed = static_cast<std::uint64_t>(
            s.integer("seed", 1, 0, std::numeric_limits<std::int64_t>::max()));
        to_.batch = u32(s, "batch", to_.batch, 1, 1'000'000);
        to_.workers = u32(s, "workers", to_.workers, 1, 1'000);
        to_.shards = u32(s, "shards", to_.shards, 1, 1'000);
        to_.tries = u32(s, "tries", to_.tries, 1, 1'000);
        to_.gradient_norm_max = s.number("gradient_norm_max", 0, 0, huge);
        to_.heartbeat_ms = s.integer("heartbeat_ms", to_.heartbeat_ms, 10, 60'000);
        s.end();
    }

    void data(toml_section s) {
        auto& d = to_.data;
        d.format = s.text("format", "");
        if (d.format != "idx" && d.format != "libsvm" && d.format != "csv" &&
            d.format != "drawn-digits")
            return s.refuse("format", "write \"idx\", \"libsvm\", \"csv\" or \"drawn-digits\"");
        d.validation = s.number("validation", 0, 0, 0.9);
        if (d.format == "drawn-digits") {
            d.train_samples = u32(s, "train_samples", 20'000, 1, 10'000'000);
            d.test_samples = u32(s, "test_samples", 4'000, 1, 10'000'000);
            return s.end();
        }
        d.path = path(s.text("path", ""));
        d.train = path(s.text("train", ""));
        d.test = path(s.text("test", ""));
        if (d.format == "idx") idx(s);
        if (d.format == "libsvm") libsvm(s);
        if (d.format == "csv") csv(s);
        if (d.path.empty() && (d.train.empty() || d.test.empty()))
            s.refuse(d.train.empty() ? "train" : "test",
                     d.format == "idx" ? "name a folder with path, or the files with train, "
                                         "train_labels, test and test_labels"
                                       : "name a folder with path, or the files with train and "
                                         "test");
        s.end();
    }

    void idx(toml_section& s) {
        auto& d = to_.data;
        d.train_labels = path(s.text("train_labels", ""));
        d.test_labels = path(s.text("test_labels", ""));
        if (d.path.empty() && (d.train_labels.empty() || d.test_labels.empty()))
            s.refuse(d.train_labels.empty() ? "train_labels" : "test_labels",
                     "the labels of train and test are named neither by path nor "
                     "by train_labels and test_labels");
    }

    void target_kind(toml_section& s) {
        const auto kind = s.text("target_kind", "class");
        if (kind != "class" && kind != "value")
            s.refuse("target_kind", "write \"class\" or \"value\"");
        to_.data.value_target = kind == "value";
    }

    void libsvm(toml_section& s) {
        if (!s.has("index_base"))
            s.refuse("index_base", "LIBSVM files number features from 0 or from 1; say which");
        to_.data.index_base = static_cast<unsigned>(s.integer("index_base", 1, 0, 1));
        target_kind(s);
    }

    void csv(toml_section& s) {
        auto& c = to_.data.csv;
        c.header = s.flag("header", true);
        c.target = s.text("target", "");
        if (c.target.empty())
            s.refuse("target", "name the target's column, or give its number from 0 on as text");
        const auto delimiter = s.text("delimiter", ",");
        if (delimiter.size() != 1) s.refuse("delimiter", "write one character");
        c.delimiter = delimiter.empty() ? ',' : delimiter.front();
        target_kind(s);
    }

    void model(toml_section s) {
        to_.model_kind = s.text("kind", "");
        if (to_.model_kind.empty()) s.refuse("kind", "name the model, such as \"mlp\"");
        to_.model_place = s.place("");
        if (!s.table()) return;
        for (const auto& [key, value] : *s.table())
            if (key != "kind") model_option(s, std::string(key.str()), value);
    }

    void model_option(toml_section& s, const std::string& key, const toml::node& value) {
        to_.model_places[key] = s.place(key);
        if (const auto b = value.value_exact<bool>()) return to_.model.set(key, *b);
        if (const auto i = value.value_exact<std::int64_t>()) return to_.model.set(key, *i);
        if (const auto d = value.value_exact<double>()) return to_.model.set(key, *d);
        if (const auto t = value.value_exact<std::string>()) return to_.model.set(key, *t);
        std::vector<std::int64_t> list;
        if (const auto* array = value.as_array())
            for (const auto& e : *array) {
                const auto i = e.value_exact<std::int64_t>();
                if (!i) return s.refuse(key, "a list here holds integers only");
                list.push_back(*i);
            }
        else
            return s.refuse(key, "a model takes numbers, strings, flags and lists of integers");
        to_.model.set(key, std::move(list));
    }

    void optimizer(toml_section s) {
        auto& o = to_.optimizer;
        const auto kind = s.text("kind", "sgd");
        if (!from_string(kind, o.kind))
            s.refuse("kind",
                     "write \"sgd\", \"momentum\", \"nesterov\", \"adagrad\", \"rmsprop\", "
                     "\"adam\", \"adamw\" or \"ftrl\"");
        using enum optimizer_kind;
        to_.learning_rate = s.number("learning_rate", to_.learning_rate, 1e-12, 1e6);
        to_.clip_norm = f32(s, "clip_norm", 0, 0, huge);
        const auto read = [&](const char* key, float& value, double least, double most,
                              std::initializer_list<optimizer_kind> readers) {
            if (of_kind(s, key, kind,
                        std::find(readers.begin(), readers.end(), o.kind) != readers.end()))
                value = f32(s, key, value, least, most);
        };
        read("weight_decay", o.weight_decay, 0, 1e6,
             {sgd, momentum, nesterov, adagrad, rmsprop, adam, adamw});
        read("momentum", o.momentum, 0, 0.999999, {momentum, nesterov});
        read("rho", o.rho, 0, 0.999999, {rmsprop});
        read("beta1", o.beta1, 0, 0.999999, {adam, adamw});
        read("beta2", o.beta2, 0, 0.9999999, {adam, adamw});
        read("epsilon", o.epsilon, 1e-30, 1, {adagrad, rmsprop, adam, adamw});
        read("ftrl_beta", o.ftrl_beta, 0, 1e6, {ftrl});
        read("l1", o.l1, 0, 1e6, {ftrl});
        read("l2", o.l2, 0, 1e6, {ftrl});
        s.end();
    }

    // Whether this kind reads the key; refused where it stands and does nothing.
    static bool of_kind(toml_section& s, const char* key, const std::string& kind, bool reads) {
        s.know(key);
        if (!reads && s.has(key))
            s.refuse(key, fmt::format("kind = \"{}\" does not read it; remove it or choose "
                                      "another kind",
                                      kind));
        return reads;
    }

    void schedule(toml_section s) {
        const auto kind = s.text("kind", "constant");
        if (const auto k = schedule_kind_from(kind))
            to_.schedule = *k;
        else
            s.refuse("kind", k.error().sentence);
        if (to_.optimizer.kind == optimizer_kind::ftrl && to_.schedule != schedule_kind::constant)
            s.refuse("kind",
                     "ftrl lowers the rate of each parameter by itself and takes no schedule; "
                     "remove it or choose another optimizer");
        to_.warmup_epochs = s.number("warmup_epochs", 0, 0, 1e6);
        if (of_kind(s, "final_rate", kind, to_.schedule == schedule_kind::cosine))
            to_.final_rate = s.number("final_rate", 0, 0, 1e6);
        const bool steps = to_.schedule == schedule_kind::step;
        if (of_kind(s, "step_epochs", kind, steps))
            to_.step_epochs = s.number("step_epochs", 1, 1e-3, 1e6);
        if (of_kind(s, "factor", kind, steps)) to_.factor = s.number("factor", 0.1, 1e-6, 1e3);
        s.end();
    }

    // An integer, or one word that stands for another number.
    std::optional<std::uint32_t> number_or(toml_section& s, const char* key, std::int64_t least,
                                           const char* word, std::optional<std::uint32_t> preset,
                                           std::optional<std::uint32_t> of_word) {
        const auto* n = s.node(key);
        if (!n) return preset;
        if (n->value_exact<std::string>() == word) return of_word;
        const auto i = n->value_exact<std::int64_t>();
        if (i && *i >= least && *i <= many) return static_cast<std::uint32_t>(*i);
        if (i)
            s.refuse(key, fmt::format("{} is out of range; write {} to {} or \"{}\"", *i, least,
                                      many, word));
        else
            s.refuse_type(key, fmt::format("a whole number or \"{}\"", word));
        return preset;
    }

    void consistency(toml_section s) {
        const auto name = s.text("preset", "bounded");
        auto& c = to_.consistency;
        if (const auto p = preset(name))
            c = *p;
        else
            s.refuse("preset", p.error().sentence);
        if (name == "backup" && to_.workers > 1) c.aggregate = to_.workers - 1;
        c.aggregate = *number_or(s, "aggregate", 1, "workers", c.aggregate, 0);
        c.staleness = number_or(s, "staleness", 0, "none", c.staleness, std::nullopt);
        c.slack = number_or(s, "slack", 0, "none", c.slack, std::nullopt);
        if (const auto late = late_policy_from(s.text("late", to_string(c.late))))
            c.late = *late;
        else
            s.refuse("late", late.error().sentence);
        if (s.has("late") && !c.staleness)
            s.refuse("late",
                     "there is no bound on staleness for it to keep; set staleness or "
                     "remove late");
        c.cancel_late = c.cancel_late && c.staleness && c.late != late_policy::wait;
        c.repeats = s.flag("repeats", c.repeats);
        if (const auto level = ack_level_from(s.text("level", to_string(c.level))))
            c.level = *level;
        else
            s.refuse("level", level.error().sentence);
        const std::uint32_t copies = c.level == ack_level::replicated ? 2 : 1;
        c.replicas = static_cast<std::uint16_t>(u32(s, "replicas", copies, 1, replicas_max));
        const bool waits_for_disk = c.level == ack_level::logged && c.window > 1;
        c.window = u32(s, "window", waits_for_disk ? 2 * c.window : c.window, 1, 1'000);
        if (const auto ok = check(c, to_.workers); !ok)
            s.refuse(s.has("preset") ? "preset" : "staleness", ok.error().sentence);
        s.end();
    }

    void evaluation(toml_section s) {
        to_.evaluate_every_epochs = u32(s, "every_epochs", 1, 0);
        to_.patience = u32(s, "patience", 0, 0);
        to_.min_delta = s.number("min_delta", 0, 0, 1e6);
        if (to_.patience > 0 && to_.evaluate_every_epochs == 0)
            s.refuse("patience",
                     "with every_epochs = 0 nothing is evaluated that could stop the "
                     "run; set every_epochs or remove patience");
        s.end();
    }

    void checkpoint(toml_section s) {
        const auto dir = s.text("dir", "checkpoints");
        if (dir.empty()) s.refuse("dir", "name a folder; it is made where there is none");
        to_.checkpoint_dir = path(dir);
        to_.checkpoint_every_s = s.number("every_s", 60, 0, 1e7);
        to_.checkpoint_give_up_s = s.number("give_up_s", 60, 0, 1e7);
        to_.keep = u32(s, "keep", 2, 2, 1'000'000);
        to_.every_log_mb = s.number("every_log_mb", to_.every_log_mb, 1, 1e9);
        s.end();
    }

    toml_source& source_;
    const toml::table& root_;
    const std::string& folder_;
    job& to_;
};

}  // namespace

void read_sections(toml_source& source, const toml::table& root, const std::string& folder,
                   job& to) {
    reader(source, root, folder, to).read();
}

}  // namespace slackline
