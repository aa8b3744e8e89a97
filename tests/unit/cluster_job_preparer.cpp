// What a job comes to in a cluster: its workers and shards are the cluster's, its data and model
// are read, and what `train` refuses is refused.
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "actors/checkpoint/stored_checkpoints.hpp"
#include "cluster/node/job_of.hpp"
#include "cluster/node/job_preparer.hpp"
#include "cluster/run_start.hpp"
#include "cluster/training_setup.hpp"
#include "tests/catch.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;

namespace {

constexpr const char* plain = R"([run]
name = "r"
workers = 4
batch = 2
[data]
format = "csv"
train = "d.csv"
test = "d.csv"
target = "y"
target_kind = "value"
[model]
kind = "mlp"
hidden = []
[checkpoint]
dir = "runs"
)";

class bench {
public:
    bench() { folder.put("d.csv", "a,b,y\n1,0,3\n2,1,4\n5,2,1\n"); }

    slackline::job_text job(std::vector<std::string> overrides = {}) const {
        return {"my.toml", plain, folder.path(""), std::move(overrides)};
    }

    prepared_run prepared(const slackline::job_text& text, bool resume = false) {
        const auto p = preparer.prepare(text, resume, 0);
        if (!p) FAIL(p.error().sentence);
        return *p;
    }

    failure refused(const slackline::job_text& text, bool resume = false) {
        const auto p = preparer.prepare(text, resume, 0);
        REQUIRE_FALSE(p);
        return p.error();
    }

    // The run's first checkpoint, in era 1; era 2 has begun since.
    void train_a_little() {
        const auto p = prepared(job());
        const auto j = job_of(p.job).value();
        posix_storage files(j.checkpoint_dir);
        stored_checkpoints store({identity_of(j, {p.samples, p.checksum}), p.layout,
                                  state_slots(j.optimizer.kind), j.keep},
                                 files, now_utc, [](const std::string&) {});
        REQUIRE(store.begin_era());
        model_state s;
        s.at = {1, 0};
        for (const auto& t : p.layout.tensors) s.tensors.emplace_back(t.size());
        s.state.assign(state_slots(j.optimizer.kind), s.tensors);
        REQUIRE(store.publish(s));
        REQUIRE(store.begin_era());
    }

    const scratch_folder folder;
    job_preparer preparer{builtin_models(), {2, 3, 1, 150}};
};

}  // namespace

TEST_CASE("a job is prepared with the cluster's workers, shards and heartbeat", "[node]") {
    bench b;
    const auto p = b.prepared(b.job({"run.epochs=7", "run.workers=9"}));
    CHECK(p.name == "r");
    CHECK(p.samples == 3);
    CHECK(p.first_era == 1);
    REQUIRE(p.layout.tensors.size() == 2);
    const auto j = job_of(p.job).value();
    CHECK(j.workers == 2);
    CHECK(j.shards == 3);
    CHECK(j.heartbeat_ms == 150);
    CHECK(j.epochs == 7);
    CHECK(j.data.train == b.folder.path("d.csv"));
    CHECK(p.checksum == load_data(j)->train->checksum());
    CHECK_FALSE(std::filesystem::exists(b.folder.path("runs")));
}

TEST_CASE("a job that does not fit the cluster is refused by the job's parser", "[node]") {
    bench b;
    const auto f = b.refused(b.job({"consistency.preset=\"backup\"", "consistency.aggregate=3"}));
    CHECK(f.code == failure_code::usage);
    CHECK(
        f.sentence.ends_with("aggregate = 3 gradients of different workers cannot come from 2 "
                             "workers; lower aggregate or set repeats = true"));
}

TEST_CASE("wrong words, absent data and an unknown model are refused with their place", "[node]") {
    bench b;
    CHECK(b.refused(b.job({"run"})).sentence == "--set run: write --set section.key=value");
    CHECK(b.refused(b.job({"model.kind=\"huber\""})).sentence ==
          "my.toml:11: this program has no model 'huber'; it has mlp, linear");
    CHECK(b.refused(b.job({"data.train=\"absent.csv\""}))
              .sentence.find(b.folder.path("absent.csv")) != std::string::npos);
}

TEST_CASE("a run's name is known without its data", "[node]") {
    bench b;
    CHECK(b.preparer.name_of(b.job({"data.train=\"absent.csv\""})) == std::string("r"));
    const auto wrong = b.preparer.name_of(b.job({"run.nome=\"x\""}));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == failure_code::usage);
}

TEST_CASE("a run that has checkpoints goes on only where it is resumed as it was", "[node]") {
    bench b;
    b.train_a_little();
    const auto begun = b.refused(b.job());
    CHECK(begun.code == failure_code::already_exists);
    CHECK(begun.sentence.starts_with("run 'r' has 1 checkpoint(s) in " + b.folder.path("runs")));
    CHECK(b.prepared(b.job(), true).first_era == 3);
    const auto differs = b.refused(b.job({"run.batch=1"}), true);
    CHECK(differs.code == failure_code::mismatch);
    CHECK(differs.sentence.find("batch = 2 and the job has 1") != std::string::npos);
}

TEST_CASE("a run that another process trains is refused; this process's own is not", "[node]") {
    bench b;
    b.train_a_little();
    posix_storage files(b.folder.path("runs"));
    const auto held = hold_run_folder(files, "r");
    REQUIRE(held);
    CHECK(b.prepared(b.job(), true).name == "r");
    std::ofstream(b.folder.path("runs/r/lock")) << "1";  // in place: the lock stays taken
    const auto f = b.refused(b.job(), true);
    CHECK(f.code == failure_code::already_exists);
    CHECK(f.sentence.find("is held by process 1;") != std::string::npos);
}

TEST_CASE("a model whose shards would not fit into messages is refused before anything is made",
          "[node]") {
    bench b;
    // 50000 x 50000 floats are 9.3 GiB: 3.1 GiB a shard, and 9.3 with Adam's state.
    const auto why = b.refused(b.job({"model.hidden=[50000,50000]", "optimizer.kind=adam"}));
    CHECK(why.sentence.find("give the cluster more shards") != std::string::npos);
    CHECK(b.prepared(b.job({"model.hidden=[50000,50000]", "optimizer.kind=sgd"}))
              .layout.tensors.size() == 6);
}
