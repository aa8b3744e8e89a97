// Nodes that each hold a part of a run train it together, as one process does; a node that cannot
// hold its part says why; parts are let go, and opened again.
#include <fstream>
#include <future>
#include <iterator>

#include "actors/item_plan.hpp"
#include "actors/run_events.hpp"
#include "actors/wire_order.hpp"
#include "cluster/run_start.hpp"
#include "tests/unit/hosted_cluster.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using namespace slackline::hosted;

namespace {

constexpr std::uint32_t head = 0;   // coordinator
constexpr std::uint32_t state = 1;  // a shard, and the sequencer
constexpr std::uint32_t hand = 2;   // a worker

std::vector<node_setup> three() {
    std::vector<node_setup> nodes(3);
    nodes[head].coordinator = true;
    nodes[head].workers = 1;
    nodes[state].shard = true;
    nodes[hand].workers = 1;
    return nodes;
}

job_text regression(const scratch_folder& folder, std::vector<std::string> overrides = {}) {
    const std::string here = std::string(EXAMPLES_FOLDER) + "/regression";
    std::ifstream file(here + "/job.toml");
    REQUIRE(file);
    overrides.push_back("checkpoint.dir=\"" + folder.path("runs") + "\"");
    return {"job.toml", {std::istreambuf_iterator<char>(file), {}}, here, std::move(overrides)};
}

bool done(wire::RunEvent::Reader e) {
    return e.isEnded() && e.getEnded().getHow() == wire::Ended::How::DONE;
}

// Of the last checkpoint that the run told of.
std::optional<ledger_state> last_ledger(const cluster& c, std::uint64_t run) {
    std::optional<ledger_state> last;
    for (const auto& f : c.events.events()) {
        frame_reader reader(f);
        const auto m = reader.root();
        if (m.getRun() == run && m.getRunEvent().isPublished())
            last = read(m.getRunEvent().getPublished().getLedger());
    }
    return last;
}

void check_every_item_once(const cluster& c, std::uint64_t run, const prepared_run& what,
                           std::uint64_t epochs) {
    const item_plan plan(what.samples, 16, static_cast<std::uint32_t>(epochs), 1);
    const auto ledger = last_ledger(c, run);
    REQUIRE(ledger);
    CHECK(ledger->items_total == plan.items_total());
    CHECK(ledger->applied == plan.items_total());
    CHECK(ledger->watermark == plan.items_total());
    CHECK(ledger->skipped == 0);
}

}  // namespace

TEST_CASE("three nodes train a run to its end, every item once", "[node]") {
    const scratch_folder folder;
    cluster c(three());
    const auto what = c.prepared(regression(folder));
    c.open_all(7, what);
    REQUIRE(c.events.heard(7, done));
    check_every_item_once(c, 7, what, 10);
    const auto events = c.events.events();
    frame_reader first(events.front());
    REQUIRE(first.root().getRunEvent().isIntroduced());
    const auto introduced = read(first.root().getRunEvent().getIntroduced());
    CHECK(introduced.samples == 1000);
    CHECK(introduced.workers == 2);
    CHECK(introduced.shards == 1);
    CHECK(introduced.checkpoint_dir == folder.path("runs"));
    posix_storage files(folder.path("runs"));
    CHECK_FALSE(hold_run_folder(files, what.name));
    c.close_all();
    CHECK(hold_run_folder(files, what.name));
    CHECK_FALSE(c.lost());
    CHECK_FALSE(c.stuck());
}

TEST_CASE("a node that cannot hold its part says why; a shard needs neither data nor model",
          "[node]") {
    const scratch_folder folder;
    auto nodes = three();
    for (auto& n : nodes) n.models = {builtin_models().at(1)};
    cluster c(nodes);
    const auto what = c.prepared(regression(folder));
    CHECK(c.refusal(hand, 1, what) ==
          "this program has no model 'mlp'; it has linear: let [[node]] program of n2 name the "
          "program that has it");
    auto no_data = what;
    no_data.job.overrides.push_back("data.train=\"absent.csv\"");
    CHECK(c.refusal(hand, 2, no_data).find("absent.csv") != std::string::npos);
    auto more_workers = what;
    more_workers.job.overrides.push_back("run.workers=3");
    CHECK(c.refusal(state, 3, more_workers) ==
          "the run has 3 worker(s), and the cluster file of node n1 2; give every node the same "
          "cluster file");
    c.open(state, 4, no_data);
    c.becomes(state, wire::Hosting::OPEN);
    CHECK(c.has(state, {role::SHARD, 0}));
    CHECK(c.has(state, {role::SEQUENCER, 0}));
    c.nodes[state]->close();
    c.becomes(state, wire::Hosting::IDLE);
    CHECK_FALSE(c.links[state]->find({role::SHARD, 0}));
}

TEST_CASE("other data and another model than the coordinator's are refused", "[node]") {
    const scratch_folder folder;
    cluster c(three());
    const auto what = c.prepared(regression(folder));
    const std::string remedy = ": copy the same files to " EXAMPLES_FOLDER "/regression";
    auto other = what;
    ++other.checksum;
    CHECK(
        c.refusal(hand, 1, other) ==
        fmt::format("the training set here has checksum {:08x} and the coordinator's has {:08x}{}",
                    what.checksum, other.checksum, remedy));
    other = what;
    other.samples = 999;
    CHECK(c.refusal(head, 2, other) ==
          "the training set here has 1000 samples and the coordinator's has 999" + remedy);
    other = what;
    other.layout.tensors.at(1).init = {init_kind::normal, 0.5f};
    const auto sentence = c.refusal(hand, 3, other);
    CHECK(
        sentence.starts_with("the model 'mlp' of this program is another than the "
                             "coordinator's: the tensor 2 is '" +
                             what.layout.tensors.at(1).name + "'"));
    other = what;
    other.layout.tensors.at(0).shape.clear();
    CHECK(c.refusal(state, 4, other).find(what.layout.tensors.at(0).name) != std::string::npos);
}

TEST_CASE("a run's folder that another process holds is a refusal of the coordinator's node",
          "[node]") {
    const scratch_folder folder;
    cluster c(three());
    const auto what = c.prepared(regression(folder));
    posix_storage files(folder.path("runs"));
    const auto held = hold_run_folder(files, what.name);
    REQUIRE(held);
    CHECK(c.refusal(head, 1, what).find("is held by process") != std::string::npos);
    CHECK_FALSE(c.links[head]->find({role::COORDINATOR, 0}));
}

TEST_CASE("a run that was closed in the middle goes on when it is opened again", "[node]") {
    const scratch_folder folder;
    cluster c(three());
    const auto job = regression(folder, {"run.epochs=60"});
    const auto what = c.prepared(job);
    c.open_all(1, what);
    REQUIRE(c.events.heard(1, [](wire::RunEvent::Reader e) {
        return e.isProgress() && e.getProgress().getApplied() > 0;
    }));
    c.close_all();
    c.open_all(2, c.prepared(job, true));
    REQUIRE(c.events.heard(2, done));
    check_every_item_once(c, 2, what, 60);
    c.close_all();
}

namespace {

// An mlp whose making waits for a word.
struct gate {
    std::promise<void> reached;
    std::promise<void> opened;
};

model_entry gated(const std::shared_ptr<gate>& g) {
    const auto mlp = builtin_models().at(0);
    return {"mlp",
            [g, mlp, first = std::make_shared<bool>(true)](model_options& o, const data_shape& s) {
                if (std::exchange(*first, false)) {
                    g->reached.set_value();
                    g->opened.get_future().wait();
                }
                return mlp.make(o, s);
            }};
}

}  // namespace

TEST_CASE("a part that is closed while it is opened is given up, and can be opened again",
          "[node]") {
    const scratch_folder folder;
    const auto g = std::make_shared<gate>();
    auto nodes = three();
    nodes[hand].models = {gated(g)};
    cluster c(nodes);
    const auto what = c.prepared(regression(folder));
    c.open(hand, 1, what);
    CHECK(c.nodes[hand]->now().hosting == wire::Hosting::OPENING);
    REQUIRE(g->reached.get_future().wait_for(patience) == std::future_status::ready);
    SECTION("as it is closed") {
        c.nodes[hand]->close();
    }
    SECTION("as it is drained") {
        c.nodes[hand]->drain();
    }
    CHECK(c.nodes[hand]->now().hosting == wire::Hosting::LEAVING);
    CHECK(c.nodes[hand]->now().run == 1);
    g->opened.set_value();
    c.becomes(hand, wire::Hosting::IDLE);
    CHECK(c.nodes[hand]->now().run == 0);
    CHECK(c.nodes[hand]->drained());
    CHECK_FALSE(c.links[hand]->find({role::WORKER, 1}));
    c.open(hand, 2, what);
    c.becomes(hand, wire::Hosting::OPEN);
    CHECK_FALSE(c.nodes[hand]->drained());
    CHECK(c.has(hand, {role::WORKER, 1}));
}

namespace {

// A run that does not end while a test looks, and has trained.
void in_the_middle(cluster& c, const scratch_folder& folder, const std::string& give_up_s = "60") {
    c.open_all(1, c.prepared(regression(
                      folder, {"run.epochs=100000", "checkpoint.give_up_s=" + give_up_s})));
    REQUIRE(c.events.heard(1, [](wire::RunEvent::Reader e) {
        return e.isProgress() && e.getProgress().getApplied() > 0;
    }));
}

bool drains(cluster& c, std::uint32_t node) {
    return c.until([&] { return c.nodes[node]->drained(); });
}

}  // namespace

TEST_CASE("the coordinator's node is drained when a checkpoint is published", "[node]") {
    const scratch_folder folder;
    cluster c(three());
    in_the_middle(c, folder);
    CHECK_FALSE(last_ledger(c, 1));
    c.nodes[head]->drain();
    CHECK(drains(c, head));
    CHECK(last_ledger(c, 1));
    CHECK(c.nodes[head]->now().hosting == wire::Hosting::OPEN);
    c.close_all();
}

TEST_CASE("a node with a shard asks the registrar for a checkpoint and waits for its part",
          "[node]") {
    const scratch_folder folder;
    cluster c(three());
    in_the_middle(c, folder);
    c.nodes[state]->drain();
    REQUIRE(c.events.was_asked_by({role::NODE, state}));
    CHECK_FALSE(c.nodes[state]->drained());
    c.checkpoint_now(1);
    CHECK(drains(c, state));
    c.close_all();
}

TEST_CASE("a checkpoint that does not come holds up no node for longer than give_up_s", "[node]") {
    const scratch_folder folder;
    cluster c(three());
    in_the_middle(c, folder, "0.1");
    c.nodes[state]->drain();
    CHECK(drains(c, state));
    CHECK_FALSE(last_ledger(c, 1));
    c.close_all();
}

TEST_CASE("a node of workers is drained without a checkpoint, and the others go on", "[node]") {
    const scratch_folder folder;
    cluster c(three());
    in_the_middle(c, folder);
    c.nodes[hand]->drain();
    CHECK(drains(c, hand));
    CHECK_FALSE(last_ledger(c, 1));
    c.nodes[hand]->close();
    c.becomes(hand, wire::Hosting::IDLE);
    const auto events = c.events.events().size();
    CHECK(c.until([&] { return c.events.events().size() > events; }));
    c.close_all();
}

namespace {

// Linear, but its gradient waits for a word.
class stuck : public model {
public:
    stuck(std::unique_ptr<model> inner, std::shared_ptr<gate> g, std::shared_future<void> go)
        : inner_(std::move(inner)), gate_(std::move(g)), go_(std::move(go)) {}
    model_layout layout() const override { return inner_->layout(); }
    slackline::task task() const override { return inner_->task(); }
    std::size_t outputs() const override { return inner_->outputs(); }
    double gradient(const parameters& p, const batch& b, const gradients& g) override {
        if (std::exchange(first_, false)) gate_->reached.set_value();
        go_.wait();
        return inner_->gradient(p, b, g);
    }
    void predict(const parameters& p, const batch& b, std::span<float> out) override {
        inner_->predict(p, b, out);
    }
    double loss(std::span<const float> out, const batch& b) const override {
        return inner_->loss(out, b);
    }

private:
    std::unique_ptr<model> inner_;
    std::shared_ptr<gate> gate_;
    std::shared_future<void> go_;
    bool first_ = true;
};

}  // namespace

TEST_CASE("a gradient that does not return is told, and the part is held until it does", "[node]") {
    const scratch_folder folder;
    const auto g = std::make_shared<gate>();
    const std::shared_future<void> go = g->opened.get_future();
    auto nodes = three();
    nodes[head].workers = 0;
    const auto mlp = builtin_models().at(0);
    nodes[hand].models = {{"mlp", [=](model_options& o, const data_shape& s) {
                               return std::make_unique<stuck>(mlp.make(o, s), g, go);
                           }}};
    cluster c(nodes, 50);
    c.open_all(1, c.prepared(regression(folder)));
    const bool computes = g->reached.get_future().wait_for(patience) == std::future_status::ready;
    c.nodes[hand]->close();
    const bool told = c.until([&] { return c.stuck(); });
    CHECK(c.nodes[hand]->now().hosting == wire::Hosting::LEAVING);
    g->opened.set_value();
    CHECK(computes);
    CHECK(told);
    c.close_all();
    CHECK_FALSE(c.lost());
}

TEST_CASE("a part that gives up is told with its reason and held no more", "[node]") {
    const scratch_folder folder;
    auto nodes = three();
    const auto mlp = builtin_models().at(0);
    const auto made = std::make_shared<std::atomic<int>>(0);
    nodes[hand].models = {{"mlp", [=](model_options& o, const data_shape& s) {
                               if (made->fetch_add(1) > 1) throw std::runtime_error("no memory");
                               return mlp.make(o, s);
                           }}};
    cluster c(nodes);
    c.open(hand, 1, c.prepared(regression(folder)));
    REQUIRE(c.until([&] { return c.lost().has_value(); }));
    CHECK(c.lost()->find("could not be started") != std::string::npos);
    c.becomes(hand, wire::Hosting::IDLE);
    CHECK_FALSE(c.links[hand]->find({role::WORKER, 1}));
}
