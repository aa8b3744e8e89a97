#include <fmt/format.h>

#include "tests/unit/cluster_job_text.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using job_text::edited;
using job_text::parse;

TEST_CASE("a job file is read as it stands", "[cluster][job]") {
    const auto j = parse(job_text::fine);
    REQUIRE(j);
    CHECK(j->file == "my.toml");
    CHECK(j->text == job_text::fine);
    CHECK(j->name == "a-run_1.x");
    CHECK(j->epochs == 3);
    CHECK(j->seed == 7);
    CHECK(j->batch == 32);
    CHECK(j->workers == 4);
    CHECK(j->shards == 3);
    CHECK(j->data.format == "csv");
    CHECK(j->data.csv.target == "y");
    CHECK(j->data.csv.header);
    CHECK(j->data.csv.delimiter == ',');
    CHECK_FALSE(j->data.value_target);
    CHECK(j->model_kind == "mlp");
    CHECK((j->optimizer.kind == optimizer_kind::adam));
    CHECK(j->learning_rate == 0.01);
    CHECK((j->schedule == schedule_kind::cosine));
    CHECK(j->consistency.staleness == 8u);
    CHECK(j->evaluate_every_epochs == 2);
    CHECK(j->checkpoint_every_s == 20);
}

TEST_CASE("a job names only what differs from the defaults", "[cluster][job]") {
    const auto j =
        parse("[run]\nname = \"r\"\n[data]\nformat = \"drawn-digits\"\n[model]\nkind = \"mlp\"\n");
    REQUIRE(j);
    CHECK(j->epochs == 1);
    CHECK(j->seed == 1);
    CHECK(j->batch == 64);
    CHECK(j->workers == 2);
    CHECK(j->shards == 2);
    CHECK(j->heartbeat_ms == 200);
    CHECK(j->data.train_samples == 20'000);
    CHECK(j->data.test_samples == 4'000);
    CHECK((j->optimizer.kind == optimizer_kind::sgd));
    CHECK((j->schedule == schedule_kind::constant));
    CHECK(j->consistency.staleness == 8u);
    CHECK((j->consistency.late == late_policy::wait));
    CHECK(j->checkpoint_dir == "/home/of/job/checkpoints");
    CHECK(j->checkpoint_every_s == 60);
    CHECK(j->checkpoint_give_up_s == 60);
    CHECK(j->keep == 2);
    CHECK(j->every_log_mb == 1'024);
    CHECK((j->consistency.level == ack_level::applied));
}

TEST_CASE("relative paths resolve against the job file's folder", "[cluster][job]") {
    const auto j = parse(job_text::fine);
    REQUIRE(j);
    CHECK(j->data.train == "/home/of/job/train.csv");
    CHECK(j->data.test == "/home/of/job/test.csv");
    CHECK(j->checkpoint_dir == "/home/of/job/checkpoints");
    const auto absolute = parse(edited("\"train.csv\"", "\"/data/train.csv\""));
    REQUIRE(absolute);
    CHECK(absolute->data.train == "/data/train.csv");
    const auto above = parse(edited("\"checkpoints\"", "\"../build/./demo\""));
    REQUIRE(above);
    CHECK(above->checkpoint_dir == "/home/of/build/demo");
    const auto idx = parse(
        "[run]\nname = \"r\"\n[data]\nformat = \"idx\"\npath = \"mnist\"\n[model]\nkind = "
        "\"mlp\"\n",
        {{"checkpoint.dir", "there"}, {"data.test_labels", "/t"}});
    REQUIRE(idx);
    CHECK(idx->data.path == "/home/of/job/mnist");
    CHECK(idx->data.train.empty());
    CHECK(idx->data.test_labels == "/t");
    CHECK(idx->checkpoint_dir == "/home/of/job/there");
}

TEST_CASE("a job file on disk resolves against its own folder", "[cluster][job]") {
    const scratch_folder folder;
    const auto path = folder.put("jobs/a.toml", job_text::fine);
    const auto j = read_job(path, {});
    REQUIRE(j);
    CHECK(j->file == path);
    CHECK(j->data.train == folder.path("jobs/train.csv"));
    const auto winding = read_job(folder.path("jobs/../jobs/a.toml"), {});
    REQUIRE(winding);
    CHECK(winding->data.train == folder.path("jobs/train.csv"));
}

TEST_CASE("a job file that cannot be read is named", "[cluster][job]") {
    const scratch_folder folder;
    for (const auto& path : {folder.path("absent.toml"), folder.path(""), std::string(),
                             folder.path(std::string(300, 'x'))}) {
        const auto j = read_job(path, {});
        REQUIRE_FALSE(j);
        CHECK((j.error().code == failure_code::usage));
        CHECK(j.error().sentence.find(path + " cannot be read; check the path") !=
              std::string::npos);
    }
}

TEST_CASE("each preset is what its protocol says", "[cluster][job]") {
    struct row {
        const char* name;
        std::uint32_t aggregate;
        std::optional<std::uint32_t> staleness;
        late_policy late;
        std::optional<std::uint32_t> slack;
        bool repeats;
    };
    const auto wait = late_policy::wait;
    const auto skip = late_policy::skip;
    const std::vector<row> table{
        {"async", 1, std::nullopt, wait, std::nullopt, true},
        {"bounded", 1, 8, wait, std::nullopt, true},
        {"ssp", 1, std::nullopt, wait, 3, true},
        {"ringmaster", 1, 7, skip, std::nullopt, true},
        {"bsp", 0, 0, wait, std::nullopt, false},
        {"backup", 3, 0, skip, std::nullopt, false},  // of 4 workers
        {"rennala", 4, 0, skip, std::nullopt, true},
    };
    for (const auto& r : table) {
        INFO(r.name);
        const auto j = parse(edited("\"bounded\"", fmt::format("\"{}\"", r.name)));
        REQUIRE(j);
        CHECK(j->consistency.aggregate == r.aggregate);
        CHECK((j->consistency.staleness == r.staleness));
        CHECK((j->consistency.late == r.late));
        CHECK((j->consistency.slack == r.slack));
        CHECK(j->consistency.repeats == r.repeats);
    }
}

TEST_CASE("settings of [consistency] change the preset", "[cluster][job]") {
    const auto j = parse(edited("preset = \"bounded\"",
                                "preset = \"bounded\"\naggregate = \"workers\"\nstaleness = 2\n"
                                "late = \"recompute\"\nslack = 5\nrepeats = false\nwindow = 3"));
    REQUIRE(j);
    CHECK(j->consistency.aggregate == 0);
    CHECK(j->consistency.staleness == 2u);
    CHECK((j->consistency.late == late_policy::recompute));
    CHECK(j->consistency.slack == 5u);
    CHECK_FALSE(j->consistency.repeats);
    CHECK(j->consistency.window == 3);
    const auto unbounded =
        parse(edited("preset = \"bounded\"", "staleness = \"none\"\nslack = \"none\""));
    REQUIRE(unbounded);
    CHECK((unbounded->consistency.staleness == std::nullopt));
    CHECK((unbounded->consistency.slack == std::nullopt));
}

TEST_CASE("each optimizer takes its own keys", "[cluster][job]") {
    const auto with = [](const std::string& keys) {
        const auto j = parse(edited("kind = \"adam\"", keys), {{"schedule.kind", "constant"}});
        REQUIRE(j);
        return j->optimizer;
    };
    CHECK(with("kind = \"momentum\"\nmomentum = 0.5").momentum == 0.5f);
    CHECK(with("kind = \"nesterov\"\nmomentum = 0").momentum == 0.0f);
    CHECK(with("kind = \"rmsprop\"\nrho = 0.99\nepsilon = 1e-6").rho == 0.99f);
    CHECK(with("kind = \"adamw\"\nbeta1 = 0.8\nbeta2 = 0.99\nweight_decay = 0.1").beta2 == 0.99f);
    CHECK(with("kind = \"adagrad\"\nepsilon = 1").epsilon == 1.0f);
    const auto ftrl = with("kind = \"ftrl\"\nftrl_beta = 2\nl1 = 0.5\nl2 = 3");
    CHECK(ftrl.ftrl_beta == 2.0f);
    CHECK(ftrl.l1 == 0.5f);
    CHECK(ftrl.l2 == 3.0f);
    CHECK(with("weight_decay = 1e-4").weight_decay == 1e-4f);
}

TEST_CASE("a model's keys keep their types and places", "[cluster][job]") {
    auto j = parse(edited("hidden = [10, 4]",
                          "hidden = [10, 4]\na = 1\nb = 2.5\nc = \"text\"\nd = true\ne = []"),
                   {{"model.f", "8"}});
    REQUIRE(j);
    CHECK(j->model.take("hidden", std::vector<std::int64_t>{}) == std::vector<std::int64_t>{10, 4});
    CHECK(j->model.take("a", std::int64_t{0}) == 1);
    CHECK(j->model.take("b", 0.0) == 2.5);
    CHECK(j->model.take("c", std::string()) == "text");
    CHECK(j->model.take("d", false));
    CHECK(j->model.take("e", std::vector<std::int64_t>{1}).empty());
    CHECK(j->model.take("f", std::int64_t{0}) == 8);
    CHECK(j->model.untaken().empty());
    CHECK(j->model_place == "my.toml:15");
    CHECK(j->model_places.at("hidden") == "my.toml:17");
    CHECK(j->model_places.at("d") == "my.toml:21");
    CHECK(j->model_places.at("f") == "--set model.f");
}
