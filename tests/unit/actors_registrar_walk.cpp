// One registrar and several agents over a bad network: every submitted run ends exactly once, runs
// are opened one after the other, no node holds two, and no number comes back.
#include <fmt/format.h>

#include <deque>
#include <random>
#include <set>

#include "actors/node_agent.hpp"
#include "tests/catch.hpp"
#include "tests/unit/registrar_bench.hpp"

using namespace slackline;

namespace {

constexpr std::uint32_t nodes = registrar_bench::nodes;
constexpr int steps = 4'000;
constexpr int faulty_steps = 2'000;
constexpr int beat_steps = 10;
constexpr int late_steps_max = 8;  // with the frames that are lost, less than the dead time
constexpr int lost_max = 2;        // in a row, on one way

/// Opens and closes after a while, and tells what it opens.
class slow_host : public run_host {
public:
    explicit slow_host(std::function<void(std::uint64_t)> on_open) : on_open_(std::move(on_open)) {}

    void open(const frame&, wire::RunSpec::Reader spec) override {
        if (state.run != 0) overfull = true;
        state = {spec.getRun(), wire::Hosting::OPENING, ""};
        done_in = 12;
        on_open_(spec.getRun());
    }
    void close() override {
        if (closing) closed_twice = true;
        closing = true;
        done_in = 7;
    }
    void drain() override { state = {}; }
    bool drained() const override { return state.run == 0; }
    bool handed_back() const override { return drained(); }
    hosting_state now() const override { return state; }

    void step() {
        if (state.run == 0 || --done_in > 0) return;
        if (closing)
            state = {};
        else
            state.hosting = wire::Hosting::OPEN;
        closing = false;
    }

    hosting_state state;
    bool closing = false;
    bool overfull = false;
    bool closed_twice = false;
    int done_in = 0;

private:
    std::function<void(std::uint64_t)> on_open_;
};

/// Sees each run come and go.
class watched_journal : public journal_by_hand {
public:
    result<void> append(const std::string& entry) override {
        const auto j = nlohmann::json::parse(entry);
        const auto number = j.at("run").get<std::uint64_t>();
        if (j.at("entry") == "submitted" && !submitted.insert(number).second)
            violation = fmt::format("number {} came back", number);
        if (j.at("entry") == "resharded") {  // it goes on under another number
            const auto as = j.at("as").get<std::uint64_t>();
            if (!submitted.insert(as).second) violation = fmt::format("number {} came back", as);
            origin[as] = origin_of(number);
            ++resharded;
        }
        const bool is_over = j.at("entry") == "ended" || j.at("entry") == "resharded";
        if (is_over && !ended.insert(number).second)
            violation = fmt::format("run {} ended twice", number);
        return journal_by_hand::append(entry);
    }

    /// The number that the run was submitted under.
    std::uint64_t origin_of(std::uint64_t run) const {
        const auto o = origin.find(run);
        return o == origin.end() ? run : o->second;
    }

    std::set<std::uint64_t> submitted;
    std::set<std::uint64_t> ended;  ///< or resharded
    std::map<std::uint64_t, std::uint64_t> origin;
    int resharded = 0;
    std::string violation;
};

class registrar_walk {
public:
    explicit registrar_walk(std::uint64_t seed) : random_(seed), seed_(seed) {
        for (std::uint32_t i = 0; i < nodes; ++i) bear_node(i);
        bear_registrar();
    }

    int resharded = 0;

    std::string run() {
        for (int s = 0; s < steps && violation_.empty(); ++s) step(s);
        if (violation_.empty()) check_end();
        return violation_;
    }

private:
    struct node {
        std::unique_ptr<slow_host> host;
        std::unique_ptr<node_agent> agent;  ///< none: dead
    };
    struct in_flight {
        address to;
        frame what;
        int due = 0;
    };

    bool chance(double p) { return std::uniform_real_distribution<>(0, 1)(random_) < p; }
    std::uint32_t any(std::uint32_t n) { return static_cast<std::uint32_t>(random_() % n); }
    void violate(const std::string& what) {
        if (violation_.empty()) violation_ = fmt::format("seed {}, step {}: {}", seed_, now_, what);
    }

    void bear_node(std::uint32_t i) {
        auto& n = nodes_[i];
        n.agent.reset();
        n.host = std::make_unique<slow_host>([this](std::uint64_t run) { opened(run); });
        n.agent =
            std::make_unique<node_agent>(node_agent_settings{i, ++incarnations_, 1, 1, "slackline"},
                                         *n.host, [](const std::vector<joined_node>&) {});
    }
    // What was on the way to it is gone with its connections.
    void kill_node(std::uint32_t i) {
        std::erase_if(flying_, [&](const auto& f) { return f.to == registrar_bench::node(i); });
        nodes_[i].agent.reset();
        nodes_[i].host.reset();
        if (i == 0) holds_ = 0;
    }
    void opened(std::uint64_t run) {
        const auto origin = journal_.origin_of(run);
        if (origin < newest_)
            violate(fmt::format("run {} is opened after run {}", origin, newest_));
        newest_ = std::max(newest_, origin);
        if (!journal_.submitted.contains(run)) violate(fmt::format("run {} is nobody's", run));
    }
    void bear_registrar() {
        cluster_.members = registrar_bench::settings(1).nodes;
        core_.emplace(registrar_bench::settings(++incarnations_),
                      registrar_edges{preparer_, journal_, cluster_, [](const std::string&) {},
                                      [] { return std::int64_t{0}; }});
    }

    void send(address from, outbox& out) {
        for (auto& o : out) {
            if (o.to.role == role::CLIENT) {
                take(o.frame);
                continue;
            }
            auto& lost = lost_[{from, o.to}];
            lost = faulty() && lost < lost_max && chance(0.2) ? lost + 1 : 0;
            if (lost > 0) continue;
            for (int copies = faulty() && chance(0.1) ? 2 : 1; copies > 0; --copies)
                flying_.push_back(
                    {o.to, o.frame, now_ + (faulty() ? static_cast<int>(any(late_steps_max)) : 0)});
        }
        out.clear();
    }
    bool faulty() const { return now_ < faulty_steps; }

    void deliver() {
        std::vector<in_flight> due;
        std::erase_if(flying_, [&](const in_flight& f) {
            if (f.due <= now_) due.push_back(f);
            return f.due <= now_;
        });
        std::shuffle(due.begin(), due.end(), random_);
        for (const auto& f : due) give(f.to, f.what);
    }
    void give(address to, const frame& f) {
        frame_reader reader(f);
        outbox out;
        if (to.role == role::REGISTRAR && core_) core_->handle(f, reader.root(), now_ms(), out);
        if (to.role == role::NODE && nodes_[to.index].agent)
            nodes_[to.index].agent->handle(f, reader.root(), now_ms(), out);
        if (to.role == role::COORDINATOR && reader.root().isControl())
            take(reader.root().getRun(), reader.root().getControl().which());
        send(to, out);
    }
    void take(std::uint64_t run, wire::Control::Which what) {
        if (what == wire::Control::GO_ON) holds_ = 0;
        if (what == wire::Control::HOLD && nodes_[0].host && nodes_[0].host->state.run == run)
            holds_ = run;
    }
    std::int64_t now_ms() const { return 20 * now_; }  // a beat is 10 steps

    // What a command line is told.
    void take(const frame& f) {
        frame_reader reader(f);
        const auto m = reader.root();
        if (!m.isSubmitted()) return;
        const auto s = m.getSubmitted();
        const std::string name = s.getName().cStr();
        const auto [it, fresh] = told_.emplace(s.getRun(), name);
        if (it->second != name) violate(fmt::format("run {} has two names", s.getRun()));
        if (!s.getGoingOn() && !fresh) violate(fmt::format("run {} was begun twice", s.getRun()));
        if (!journal_.submitted.contains(s.getRun())) violate("a run was answered, not journaled");
    }

    void client_step() {
        const auto name = fmt::format("r{}", any(6));
        frame_builder b({role::CLIENT, any(5)}, {role::REGISTRAR, 0}, 0, 0);
        if (chance(0.1)) {
            b.root().initGoodbye();
        } else if (chance(0.3)) {
            b.root().initReshard().setShards(1 + any(4));
        } else if (chance(0.8)) {
            auto s = b.root().initSubmit();
            write(registrar_bench::job(name), s.initJob());
        } else {
            b.root().initCancelRun().setName(name);
        }
        give({role::REGISTRAR, 0}, b.finish());
    }

    // The run's coordinator, on the registrar's node, tells of its shards, holds where it is to,
    // and else ends it at some time.
    void coordinator_step() {
        if (!nodes_[0].host) return;
        const auto& h = *nodes_[0].host;
        if (h.state.hosting != wire::Hosting::OPEN || h.closing || !chance(0.1)) return;
        if (holds_ == h.state.run) {
            frame_builder b({role::COORDINATOR, 0}, {role::REGISTRAR, 0}, h.state.run, 1);
            auto held = b.root().initRunEvent().initHeld();
            if (chance(0.1)) {
                held.setRefusal("the disk is full");
                holds_ = 0;
            }
            return give({role::REGISTRAR, 0}, b.finish());
        }
        if (!chance(0.2)) return tell_copies(h.state.run);
        frame_builder b({role::COORDINATOR, 0}, {role::REGISTRAR, 0}, h.state.run, 1);
        b.root().initRunEvent().initEnded().setHow(chance(0.5) ? wire::Ended::How::DONE
                                                               : wire::Ended::How::FAILED);
        give({role::REGISTRAR, 0}, b.finish());
    }

    void tell_copies(std::uint64_t run) {
        frame_builder b({role::COORDINATOR, 0}, {role::REGISTRAR, 0}, run, 1);
        b.root().initRunEvent().initCopies(1)[0].setLed(true);
        give({role::REGISTRAR, 0}, b.finish());
    }

    void fault_step() {
        if (chance(0.003)) kill_node(1 + any(nodes - 1));
        if (!chance(0.002)) return;
        core_.reset();
        if (chance(0.5)) kill_node(0);  // else its shell brought it back in the same process
    }
    void revive() {
        for (std::uint32_t i = 0; i < nodes; ++i)
            if (!nodes_[i].agent && (!faulty() || chance(0.01))) bear_node(i);
        if (!core_ && (!faulty() || chance(0.02))) bear_registrar();
    }

    // No node that lives is taken for dead, so that no two runs are ever held in one cluster.
    void check_nodes() {
        std::set<std::uint64_t> held;
        for (std::uint32_t i = 0; i < nodes; ++i) {
            if (!nodes_[i].host) continue;
            const auto& h = *nodes_[i].host;
            if (h.overfull) violate(fmt::format("node {} was to hold two runs", i));
            if (h.closed_twice) violate(fmt::format("node {} was told to close twice", i));
            if (h.state.run != 0) held.insert(h.state.run);
        }
        if (held.size() > 1)
            violate(fmt::format("runs {} and {} are held at once", *held.begin(), *held.rbegin()));
    }

    void step(int s) {
        now_ = s;
        deliver();
        outbox out;
        for (std::uint32_t i = 0; i < nodes; ++i) {
            if (!nodes_[i].agent) continue;
            nodes_[i].host->step();
            if ((s + static_cast<int>(i)) % beat_steps == 0) nodes_[i].agent->tick(now_ms(), out);
            send(registrar_bench::node(i), out);
        }
        if (core_ && s % beat_steps == 5) core_->tick(now_ms(), out);
        send({role::REGISTRAR, 0}, out);
        if (core_) coordinator_step();
        if (core_ && faulty() && chance(0.03)) client_step();
        if (faulty()) fault_step();
        revive();
        check_nodes();
        if (core_ && core_->failed()) violate(*core_->failed());
        if (!journal_.violation.empty()) violate(journal_.violation);
    }

    void check_end() {
        if (journal_.submitted.size() < 3) violate("hardly anything was tried");
        resharded += journal_.resharded;
        for (const auto number : journal_.submitted)
            if (!journal_.ended.contains(number))
                violate(fmt::format("run {} never ended", number));
        for (const auto& n : nodes_)
            if (n.host->state.run != 0)
                violate(fmt::format("run {} is held at the end", n.host->state.run));
    }

    std::mt19937_64 random_;
    std::uint64_t seed_;
    int now_ = 0;
    std::uint64_t incarnations_ = 0;
    preparer_by_hand preparer_;
    watched_journal journal_;
    cluster_by_hand cluster_;
    std::optional<registrar> core_;
    std::array<node, nodes> nodes_;
    std::deque<in_flight> flying_;
    std::map<std::pair<address, address>, int> lost_;  ///< frames in a row
    std::map<std::uint64_t, std::string> told_;
    std::uint64_t newest_ = 0;  ///< as it was submitted
    std::uint64_t holds_ = 0;   ///< the run whose coordinator is to hold
    std::string violation_;
};

}  // namespace

TEST_CASE("whatever is lost, late, doubled or dies: each run is opened in its turn and ends once",
          "[registrar]") {
    int resharded = 0;
    for (std::uint64_t seed = 1; seed <= 200; ++seed) {
        registrar_walk walk(seed);
        CHECK(walk.run() == "");
        resharded += walk.resharded;
    }
    CHECK(resharded > 200);
}
