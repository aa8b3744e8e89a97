#include "tests/unit/cluster_job_text.hpp"

using namespace slackline;
using job_text::edited;
using job_text::parse;

namespace {

struct wrong_job {
    std::string from;  ///< what is replaced in the fine job ...
    std::string to;    ///< ... by what
    std::string sentence;
};

// `sentence` may end in "...": only its beginning counts.
void check(const result<job>& j, const std::string& sentence) {
    REQUIRE_FALSE(j);
    CHECK((j.error().code == failure_code::usage));
    const auto& said = j.error().sentence;
    for (const char c : said) REQUIRE((c >= ' ' && c <= '~'));
    if (sentence.ends_with("..."))
        CHECK(said.substr(0, sentence.size() - 3) + "..." == sentence);
    else
        CHECK(said == sentence);
}

void check(const std::vector<wrong_job>& table) {
    for (const auto& w : table) {
        INFO(w.from << " -> " << w.to);
        check(parse(edited(w.from, w.to)), w.sentence);
    }
}

}  // namespace

TEST_CASE("unknown sections and keys are refused with the nearest one", "[cluster][job]") {
    check(std::vector<wrong_job>{
        {"[run]", "[rum]", "my.toml:1: there is no section [rum]; did you mean [run]?"},
        {"name = \"a-run_1.x\"", "nmae = \"a\"",
         "my.toml:2: there is no key run.nmae; did you mean run.name?"},
        {"[optimizer]", "[optimiser]",
         "my.toml:19: there is no section [optimiser]; did you mean [optimizer]?"},
        {"[checkpoint]", "[xyz]", "my.toml:32: there is no section [xyz]; remove it"},
        {"epochs = 3", "epoch = 3",
         "my.toml:3: there is no key run.epoch; did you mean run.epochs?"},
        {"batch = 32", "bacht = 32",
         "my.toml:5: there is no key run.bacht; did you mean run.batch?"},
        {"batch = 32", "gpu = 32", "my.toml:5: there is no key run.gpu; remove it"},
        {"target = \"y\"", "target = \"y\"\nindex_base = 1",
         "my.toml:14: there is no key data.index_base; ..."},
        {"learning_rate = 0.01", "learningrate = 0.01",
         "my.toml:21: there is no key optimizer.learningrate; did you mean "
         "optimizer.learning_rate?"},
        {"[schedule]", "[schedule]\nwarmup = 1",
         "my.toml:24: there is no key schedule.warmup; ..."},
        {"preset = \"bounded\"", "stalenes = 4",
         "my.toml:27: there is no key consistency.stalenes; did you mean consistency.staleness?"},
        {"every_epochs = 2", "every_epoch = 2",
         "my.toml:30: there is no key evaluation.every_epoch; did you mean "
         "evaluation.every_epochs?"},
        {"every_s = 20", "every = 20",
         "my.toml:34: there is no key checkpoint.every; did you mean checkpoint.every_s?"},
        {"[run]\n", "epochs = 3\n[run]\n",
         "my.toml:1: the key epochs stands outside of every section; put it into one or remove "
         "it"},
    });
}

TEST_CASE("values of a wrong type are refused with the right one", "[cluster][job]") {
    check(std::vector<wrong_job>{
        {"epochs = 3", "epochs = \"3\"",
         "my.toml:3: run.epochs: this is a string; write an integer"},
        {"epochs = 3", "epochs = 3.0", "my.toml:3: run.epochs: this is a number; write an integer"},
        {"epochs = 3", "epochs = true",
         "my.toml:3: run.epochs: this is true or false; write an integer"},
        {"epochs = 3", "epochs = [3]", "my.toml:3: run.epochs: this is a list; write an integer"},
        {"epochs = 3", "epochs = 2024-01-02",
         "my.toml:3: run.epochs: this is a date; write an integer"},
        {"epochs = 3", "epochs.a = 3",
         "my.toml:3: run.epochs: this is a section; write an integer"},
        {"\"a-run_1.x\"", "5", "my.toml:2: run.name: this is an integer; write a string"},
        {"\"y\"", "\"y\"\nheader = \"yes\"",
         "my.toml:14: data.header: this is a string; write true or false"},
        {"learning_rate = 0.01", "learning_rate = \"0.01\"",
         "my.toml:21: optimizer.learning_rate: this is a string; write a number"},
        {"hidden = [10, 4]", "hidden = [10, 4.5]",
         "my.toml:17: model.hidden: a list here holds integers only"},
        {"hidden = [10, 4]", "hidden = {a = 1}", "my.toml:17: model.hidden: a model takes ..."},
        {"hidden = [10, 4]", "since = 2024-01-02", "my.toml:17: model.since: a model takes ..."},
        {"kind = \"mlp\"", "kind = 1", "my.toml:16: model.kind: this is an integer; write a ..."},
        {"preset = \"bounded\"", "staleness = \"many\"",
         "my.toml:27: consistency.staleness: this is a string; write a whole number or \"none\""},
        {"preset = \"bounded\"", "staleness = 1.5",
         "my.toml:27: consistency.staleness: this is a number; write a whole number or \"none\""},
        {"preset = \"bounded\"", "aggregate = \"all\"",
         "my.toml:27: consistency.aggregate: this is a string; write a whole number or "
         "\"workers\""},
    });
}

TEST_CASE("a section that is none is refused", "[cluster][job]") {
    const std::string sections = "[run]\nname = \"r\"\n[model]\nkind = \"mlp\"\n";
    check(parse("data = 5\n" + sections),
          "my.toml:1: data: this is an integer; write a section [data]");
    check(parse(sections + "[[data]]\nformat = \"drawn-digits\"\n"),
          "my.toml:5: data: this is a list; write a section [data]");
}

TEST_CASE("values out of range are refused with the range", "[cluster][job]") {
    const auto range = [](const std::string& line, const std::string& key, const std::string& value,
                          const std::string& most) {
        return "my.toml:" + line + ": " + key + ": " + value + " is out of range; write " + most;
    };
    check(std::vector<wrong_job>{
        {"epochs = 3", "epochs = 0", range("3", "run.epochs", "0", "1 to 1000000000")},
        {"epochs = 3", "epochs = -3", range("3", "run.epochs", "-3", "1 to 1000000000")},
        {"seed = 7", "seed = -1", range("4", "run.seed", "-1", "0 to 9223372036854775807")},
        {"batch = 32", "batch = 4294967297", range("5", "run.batch", "4294967297", "1 to 1000000")},
        {"workers = 4", "workers = 1001", range("6", "run.workers", "1001", "1 to 1000")},
        {"shards = 3", "shards = 0", range("7", "run.shards", "0", "1 to 1000")},
        {"shards = 3", "tries = 0", range("7", "run.tries", "0", "1 to 1000")},
        {"shards = 3", "gradient_norm_max = -1",
         range("7", "run.gradient_norm_max", "-1", "0 to 1000000000000")},
        {"shards = 3", "heartbeat_ms = 9", range("7", "run.heartbeat_ms", "9", "10 to 60000")},
        {"target = \"y\"", "validation = 1", range("13", "data.validation", "1", "0 to 0.9")},
        {"target = \"y\"", "validation = -0.1", range("13", "data.validation", "-0.1", "0 to 0.9")},
        {"learning_rate = 0.01", "learning_rate = 0",
         range("21", "optimizer.learning_rate", "0", "1e-12 to 1000000")},
        {"learning_rate = 0.01", "learning_rate = nan",
         range("21", "optimizer.learning_rate", "nan", "1e-12 to 1000000")},
        {"learning_rate = 0.01", "learning_rate = inf",
         range("21", "optimizer.learning_rate", "inf", "1e-12 to 1000000")},
        {"learning_rate = 0.01", "beta1 = 1", range("21", "optimizer.beta1", "1", "0 to 0.999999")},
        {"learning_rate = 0.01", "epsilon = 0",
         range("21", "optimizer.epsilon", "0", "1e-30 to 1")},
        {"learning_rate = 0.01", "clip_norm = -1",
         range("21", "optimizer.clip_norm", "-1", "0 to 1000000000000")},
        {"kind = \"cosine\"", "warmup_epochs = -1",
         range("24", "schedule.warmup_epochs", "-1", "0 to 1000000")},
        {"preset = \"bounded\"", "staleness = -1",
         range("27", "consistency.staleness", "-1", "0 to 1000000000 or \"none\"")},
        {"preset = \"bounded\"", "aggregate = 0",
         range("27", "consistency.aggregate", "0", "1 to 1000000000 or \"workers\"")},
        {"preset = \"bounded\"", "window = 0", range("27", "consistency.window", "0", "1 to 1000")},
        {"every_s = 20", "every_s = -1", range("34", "checkpoint.every_s", "-1", "0 to 10000000")},
        {"every_s = 20", "give_up_s = -1",
         range("34", "checkpoint.give_up_s", "-1", "0 to 10000000")},
        {"every_s = 20", "keep = 1", range("34", "checkpoint.keep", "1", "2 to 1000000")},
        {"every_s = 20", "every_log_mb = 0",
         range("34", "checkpoint.every_log_mb", "0", "1 to 1000000000")},
    });
}

TEST_CASE("words that are none of a key's are refused with those that are", "[cluster][job]") {
    check(std::vector<wrong_job>{
        {"\"csv\"", "\"CSV\"",
         "my.toml:10: data.format: write \"idx\", \"libsvm\", \"csv\" or \"drawn-digits\""},
        {"\"adam\"", "\"adma\"", "my.toml:20: optimizer.kind: write \"sgd\", \"momentum\", ..."},
        {"\"cosine\"", "\"linear\"",
         "my.toml:24: schedule.kind: there is no schedule 'linear'; use constant, step or cosine"},
        {"\"bounded\"", "\"bound\"",
         "my.toml:27: consistency.preset: there is no consistency preset 'bound'; use one of "
         "bsp, ssp, bounded, async, ringmaster, rennala, backup"},
        {"preset = \"bounded\"", "late = \"never\"",
         "my.toml:27: consistency.late: late = \"never\" is not one of \"wait\", ..."},
        {"target = \"y\"", "target = \"y\"\ntarget_kind = \"label\"",
         "my.toml:14: data.target_kind: write \"class\" or \"value\""},
        {"target = \"y\"", "target = \"y\"\ndelimiter = \", \"",
         "my.toml:14: data.delimiter: write one character"},
        {"target = \"y\"", "target = \"y\"\ndelimiter = \"\"",
         "my.toml:14: data.delimiter: write one character"},
        {"\"a-run_1.x\"", "\"a/b\"", "my.toml:2: run.name: a run needs a name of letters, ..."},
        {"\"a-run_1.x\"", "\"..\"", "my.toml:2: run.name: a run needs a name of letters, ..."},
        {"\"a-run_1.x\"", "\"\"", "my.toml:2: run.name: a run needs a name of letters, ..."},
    });
}

TEST_CASE("what a job lacks is asked for at its section", "[cluster][job]") {
    check(std::vector<wrong_job>{
        {"name = \"a-run_1.x\"\n", "", "my.toml:1: run.name: a run needs a name of letters, ..."},
        {"format = \"csv\"\n", "", "my.toml:9: data.format: write \"idx\", ..."},
        {"train = \"train.csv\"\n", "",
         "my.toml:9: data.train: name a folder with path, or the files ..."},
        {"test = \"sub/../test.csv\"\n", "",
         "my.toml:9: data.test: name a folder with path, or the files ..."},
        {"target = \"y\"\n", "", "my.toml:9: data.target: name the target's column, ..."},
        {"kind = \"mlp\"\n", "", "my.toml:15: model.kind: name the model, such as \"mlp\""},
        {"format = \"csv\"\ntrain = \"train.csv\"\ntest = \"sub/../test.csv\"\ntarget = \"y\"",
         "format = \"libsvm\"\ntrain = \"t\"\ntest = \"u\"",
         "my.toml:9: data.index_base: LIBSVM files number features from 0 or from 1; say which"},
        {"dir = \"checkpoints\"", "dir = \"\"",
         "my.toml:33: checkpoint.dir: name a folder; it is made where there is none"},
    });
    check(parse(""), "my.toml: run.name: a run needs a name of letters, ...");
    const std::string idx = "[run]\nname = \"r\"\n[model]\nkind = \"mlp\"\n[data]\n";
    check(parse(idx + "format = \"idx\"\n"), "my.toml:5: data.train_labels: the labels of ...");
    check(parse(idx + "format = \"idx\"\ntrain = \"t\"\ntest = \"u\"\ntrain_labels = \"v\"\n"),
          "my.toml:5: data.test_labels: the labels of train and test are named neither by ...");
    check(parse(idx + "format = \"idx\"\ntrain_labels = \"v\"\ntest_labels = \"w\"\n"),
          "my.toml:5: data.train: name a folder with path, or the files with train, ...");
    CHECK(parse(idx + "format = \"idx\"\ntrain = \"t\"\ntest = \"u\"\ntrain_labels = \"v\"\n"
                      "test_labels = \"w\"\n"));
}

TEST_CASE("settings that contradict each other are refused with both", "[cluster][job]") {
    const std::string preset = "preset = \"bounded\"";
    check(std::vector<wrong_job>{
        {preset, "staleness = 0",
         "my.toml:27: consistency.staleness: aggregate = 1 with staleness = 0 and late = "
         "\"wait\" lets one of 4 workers work at a time; set aggregate = \"workers\", a staleness "
         "of at least 1, or run one worker"},
        {preset, preset + "\nstaleness = 0",
         "my.toml:27: consistency.preset: aggregate = 1 with staleness = 0 ..."},
        {preset, "preset = \"bsp\"\naggregate = 1",
         "my.toml:27: consistency.preset: aggregate = 1 with staleness = 0 ..."},
        {preset, "preset = \"backup\"\naggregate = 5",
         "my.toml:27: consistency.preset: aggregate = 5 gradients of different workers cannot "
         "come from 4 workers; lower aggregate or set repeats = true"},
        {preset, "preset = \"async\"\nlate = \"skip\"",
         "my.toml:28: consistency.late: there is no bound on staleness for it to keep; set "
         "staleness or remove late"},
        {preset, "preset = \"ringmaster\"\nstaleness = \"none\"\nlate = \"skip\"",
         "my.toml:29: consistency.late: there is no bound on staleness for it to keep; ..."},
        {"learning_rate = 0.01", "momentum = 0.9",
         "my.toml:21: optimizer.momentum: kind = \"adam\" does not read it; remove it or choose "
         "another kind"},
        {"\"adam\"", "\"ftrl\"\nweight_decay = 0.1",
         "my.toml:21: optimizer.weight_decay: kind = \"ftrl\" does not read it; ..."},
        {"\"adam\"", "\"sgd\"\nrho = 0.1",
         "my.toml:21: optimizer.rho: kind = \"sgd\" does not read it; ..."},
        {"\"adam\"", "\"momentum\"\nepsilon = 0.1",
         "my.toml:21: optimizer.epsilon: kind = \"momentum\" does not read it; ..."},
        {"\"adam\"", "\"adam\"\nl1 = 0.1",
         "my.toml:21: optimizer.l1: kind = \"adam\" does not read it; ..."},
        {"\"cosine\"", "\"cosine\"\nfactor = 0.1",
         "my.toml:25: schedule.factor: kind = \"cosine\" does not read it; ..."},
        {"\"cosine\"", "\"constant\"\nstep_epochs = 1",
         "my.toml:25: schedule.step_epochs: kind = \"constant\" does not read it; ..."},
        {"\"cosine\"", "\"step\"\nfinal_rate = 0.1",
         "my.toml:25: schedule.final_rate: kind = \"step\" does not read it; ..."},
        {"\"adam\"", "\"ftrl\"", "my.toml:24: schedule.kind: ftrl lowers the rate ..."},
        {"every_epochs = 2", "every_epochs = 0\npatience = 2",
         "my.toml:31: evaluation.patience: with every_epochs = 0 nothing is evaluated ..."},
    });
    CHECK(parse(edited(preset, "staleness = 0\naggregate = 2")));
    CHECK(parse(edited("workers = 4", "workers = 1"), {{"consistency.staleness", "0"}}));
}

TEST_CASE("what is no TOML is refused with its line", "[cluster][job]") {
    for (const auto& [from, to, line] : std::vector<std::tuple<std::string, std::string, int>>{
             {"epochs = 3", "epochs = ", 3},
             {"epochs = 3", "epochs 3", 3},
             {"epochs = 3", "epochs = 3 4", 3},
             {"epochs = 3", "epochs = 99999999999999999999", 3},
             {"[model]", "[model", 15},
             {"[model]", "[run]", 15},
             {"hidden = [10, 4]", "kind = \"linear\"", 17},
             {"\"a-run_1.x\"", "\"a-run", 2},
             {"\"y\"", "\"\xff\xfe\"", 13},
         }) {
        INFO(to);
        check(parse(edited(from, to)), "my.toml:" + std::to_string(line) + ": ...");
    }
}

TEST_CASE("every beginning of a job file is fine or refused in one sentence", "[cluster][job]") {
    std::size_t fine = 0;
    for (std::size_t n = 0; n < job_text::fine.size(); ++n) {
        INFO(job_text::fine.substr(0, n));
        const auto j = parse(job_text::fine.substr(0, n));
        fine += j.has_value();
        if (!j) check(j, "my.toml...");
    }
    CHECK(fine > 10);
}
