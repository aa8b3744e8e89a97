// A registrar by hand: four nodes (the coordinator's, two with a shard each, one with two workers;
// on demand a second one with workers),
// a preparer and a journal that do as they are told, and frames from nodes and command lines. What
// the registrar answers is in `out` after each step.
#pragma once

#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "actors/registrar.hpp"
#include "actors/wire_job.hpp"

namespace slackline {

/// A job's text is its name; what it comes to is what the test says.
class preparer_by_hand : public run_preparer {
public:
    result<prepared_run> prepare(const job_text& job, bool resume, std::uint32_t shards) override {
        ++prepared;
        if (const auto r = refused.find(job.text); r != refused.end())
            return tl::unexpected(r->second);
        if (checkpoints.contains(job.text) && !resume)
            return fail(failure_code::already_exists, "run " + job.text + " has checkpoints");
        prepared_run p;
        p.name = job.text;
        p.job = job;
        p.job.overrides.push_back("run.workers=2");
        p.samples = 60'000;
        p.checksum = 0x1234;
        p.layout.tensors.push_back({"w", {4, 3}, {init_kind::normal, 0.5f}});
        p.first_era = first_era;
        p.shards = shards == 0 ? 2 : shards;
        p.copies = copies;
        return p;
    }
    result<prepared_run> resharded(prepared_run run, std::uint32_t shards) override {
        if (shards > shards_max) return fail(failure_code::usage, "so many shards are too many");
        run.shards = shards;
        run.job.overrides.push_back("run.shards=" + std::to_string(shards));
        return run;
    }
    result<std::string> name_of(const job_text& job) override { return job.text; }

    std::map<std::string, failure> refused;   ///< by text
    std::map<std::string, bool> checkpoints;  ///< runs that have some
    std::uint64_t first_era = 1;
    std::uint32_t shards_max = 8;
    std::uint16_t copies = 1;
    int prepared = 0;
};

class journal_by_hand : public registry_journal {
public:
    std::string place() const override { return "/state/runs"; }
    result<std::vector<std::string>> read() override { return entries; }
    result<void> append(const std::string& entry) override {
        if (full) return fail(failure_code::io, "/state/runs: no space left");
        entries.push_back(entry);
        return {};
    }
    result<void> replace(const std::vector<std::string>& all) override {
        if (full || fixed) return fail(failure_code::io, "/state/runs: no space left");
        entries = all;
        return {};
    }

    std::vector<std::string> entries;
    bool full = false;
    bool fixed = false;  ///< what is in it cannot be replaced
};

/// A cluster that takes whoever comes, but for one name.
class cluster_by_hand : public cluster_edge {
public:
    void grow(const std::vector<joined_node>& joined) override { known = joined; }
    result<std::vector<cluster_member>> with(const std::vector<joined_node>& joined,
                                             std::uint32_t shards) override {
        auto all = members;
        for (std::uint32_t s = 2; s < shards; ++s) all[1 + s % 2].shards.push_back(s);
        for (const auto& n : joined) {
            if (n.name == refused) return fail(failure_code::usage, "there is no room for it");
            cluster_member m;
            m.name = n.name;
            m.joined = true;
            for (std::uint32_t w = 0; w < n.workers; ++w) m.workers.push_back(100 + w);
            if (n.shard)
                m.copies = {{role::SHARD, 0, 2}, {role::SHARD, 1, 2}, {role::SEQUENCER, 0, 2}};
            all.push_back(std::move(m));
        }
        return all;
    }

    result<std::string> roster(const std::vector<joined_node>& joined) override {
        return std::to_string(joined.size());
    }
    result<file_change> reread(const std::vector<joined_node>&,
                               const std::set<std::string>&) override {
        if (!wrong.empty()) return fail(failure_code::usage, wrong);
        return edited;
    }

    std::vector<cluster_member> members;
    std::vector<joined_node> known;
    std::string refused;
    file_change edited;
    std::string wrong;  ///< the edited file
};

class registrar_bench {
public:
    static constexpr std::uint32_t nodes = 4;
    static constexpr std::int64_t beat_ms = 200;

    static constexpr std::uint32_t second_of_workers = 4;  ///< in a bench with two nodes of them

    static registrar_settings settings(std::uint64_t incarnation, std::size_t of_nodes = nodes) {
        registrar_settings s{incarnation,
                             "local",
                             beat_ms,
                             60'000,
                             {{"head", {"coordinator"}, {}, {}, false, true},
                              {"shard-1", {"shard"}, {0}, {}, true, false},
                              {"shard-2", {"shard"}, {1}, {}, false, false},
                              {"worker-1", {"worker"}, {}, {0, 1}, false, false}}};
        if (of_nodes > nodes) s.nodes.push_back({"worker-2", {"worker"}, {}, {2, 3}, false, false});
        return s;
    }

    explicit registrar_bench(std::size_t of_nodes = nodes) : cluster(of_nodes) { restart(); }

    /// The registrar in a new life, from its journal; what it knew of the nodes is gone. After a
    /// crash, unless its user started it anew.
    void restart(bool by_its_user = false) {
        ++life;
        auto told = settings(life, cluster.size());
        told.again = life > 1 && !by_its_user;
        grown.members = settings(life, cluster.size()).nodes;
        core.emplace(std::move(told),
                     registrar_edges{preparer, journal, grown,
                                     [this](const std::string& s) { log.push_back(s); },
                                     [] { return std::int64_t{1'700'000'000}; }});
    }

    void give(frame_builder& b) {
        out.clear();
        const frame f = b.finish();
        frame_reader reader(f);
        core->handle(f, reader.root(), now_ms, out);
    }
    void tick() {
        out.clear();
        now_ms += beat_ms;
        core->tick(now_ms, out);
    }

    // Nodes. A node by hand follows the newest assignment at once, unless the test says otherwise.
    struct node_by_hand {
        bool speaks = true;
        std::uint64_t incarnation = 7;
        std::uint64_t run = 0;
        wire::Hosting hosting = wire::Hosting::IDLE;
        std::string sentence = {};
        assignment_order followed = {};
        bool obeys = true;
    };
    static address node(std::uint32_t i) { return {role::NODE, i}; }

    void say(std::uint32_t i, const node_by_hand& n) {
        auto b = ordered_message(node(i), {role::REGISTRAR, 0}, n.followed);
        auto s = b.root().initNodeState();
        s.setIncarnation(n.incarnation);
        s.setPid(100 + i);
        s.setParentPid(50);
        s.setProgram("slackline 0.1.0");
        s.setRun(n.run);
        s.setHosting(n.hosting);
        s.setSentence(n.sentence);
        give(b);
    }
    void obey(std::uint32_t i, wire::Message::Reader m) {
        auto& n = cluster[i];
        if (!n.obeys || read_order(m) < n.followed) return;
        n.followed = read_order(m);
        const auto a = m.getAssign();
        if (n.run != a.getRun()) n.run = 0;
        if (a.hasSpec()) n.run = a.getRun();
        n.hosting = n.run != 0 ? wire::Hosting::OPEN : wire::Hosting::IDLE;
    }
    /// Every node that speaks says its state, the registrar ticks, the nodes do what it says.
    void beat(int times = 1) {
        for (int t = 0; t < times; ++t) {
            for (std::uint32_t i = 0; i < cluster.size(); ++i)
                if (cluster[i].speaks) say(i, cluster[i]);
            tick();
            for (const auto& o : out) {
                if (o.to.role != role::NODE || o.to.index >= cluster.size()) continue;
                if (!cluster[o.to.index].speaks) continue;
                frame_reader reader(o.frame);
                obey(o.to.index, reader.root());
            }
        }
    }

    // Command lines.
    static frame_builder from_client(std::uint32_t k) {
        return {{role::CLIENT, k}, {role::REGISTRAR, 0}, 0, 0};
    }
    static job_text job(const std::string& name, const std::string& override = "") {
        job_text j{name + ".toml", name, "/jobs", {}};
        if (!override.empty()) j.overrides.push_back(override);
        return j;
    }
    void submit(std::uint32_t k, const job_text& what, bool resume = false) {
        auto b = from_client(k);
        auto s = b.root().initSubmit();
        write(what, s.initJob());
        s.setResume(resume);
        give(b);
    }
    void attach(std::uint32_t k, const std::string& name) {
        auto b = from_client(k);
        b.root().initAttach().setName(name);
        give(b);
    }
    void cancel(std::uint32_t k, const std::string& name) {
        auto b = from_client(k);
        b.root().initCancelRun().setName(name);
        give(b);
    }
    void ask(std::uint32_t k, wire::Ask::What what) {
        auto b = from_client(k);
        b.root().initAsk().setWhat(what);
        give(b);
    }
    nlohmann::json asked(wire::Ask::What what) {
        ask(9, what);
        const auto j = answer(9, wire::Message::TOLD,
                              [](auto m) { return std::string(m.getTold().getJson().cStr()); });
        return j ? nlohmann::json::parse(*j) : nlohmann::json();
    }
    nlohmann::json status() { return asked(wire::Ask::What::STATUS); }

    // The run's coordinator.
    static frame_builder from_run(std::uint64_t run, std::uint64_t era = 1) {
        return {{role::COORDINATOR, 0}, {role::REGISTRAR, 0}, run, era};
    }
    void end(std::uint64_t run, wire::Ended::How how, const std::string& sentence = "") {
        auto b = from_run(run);
        auto e = b.root().initRunEvent().initEnded();
        e.setHow(how);
        e.setSentence(sentence);
        give(b);
    }
    void progress(std::uint64_t run, std::uint64_t applied) {
        auto b = from_run(run);
        auto p = b.root().initRunEvent().initProgress();
        p.setApplied(applied);
        p.setCount(applied / 2);
        p.setItemsTotal(1'000);
        auto w = p.initWorkers(1)[0];
        w.setWorker(1);
        w.setIncarnation(3);
        w.setClock(applied / 4);
        give(b);
    }

    // What came of it.
    template <class Read>
    auto answer(std::uint32_t client, wire::Message::Which kind, Read read) const
        -> std::optional<decltype(read(std::declval<wire::Message::Reader>()))> {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to == address{role::CLIENT, client} && reader.root().which() == kind)
                return read(reader.root());
        }
        return std::nullopt;
    }
    struct submitted {
        std::uint64_t run;
        std::uint32_t ahead;
        bool going_on;
        bool operator==(const submitted&) const = default;
    };
    std::optional<submitted> submitted_to(std::uint32_t client) const {
        return answer(client, wire::Message::SUBMITTED, [](auto m) {
            const auto s = m.getSubmitted();
            return submitted{s.getRun(), s.getAhead(), s.getGoingOn()};
        });
    }
    std::string declined(std::uint32_t client) const {
        return answer(client, wire::Message::DECLINED,
                      [](auto m) { return std::string(m.getDeclined().getSentence().cStr()); })
            .value_or("");
    }
    bool usage(std::uint32_t client) const {
        return answer(client, wire::Message::DECLINED,
                      [](auto m) { return bool(m.getDeclined().getUsage()); })
            .value_or(false);
    }
    std::vector<wire::RunEvent::Which> events_to(std::uint32_t client) const {
        std::vector<wire::RunEvent::Which> all;
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to == address{role::CLIENT, client} && reader.root().isRunEvent())
                all.push_back(reader.root().getRunEvent().which());
        }
        return all;
    }
    std::optional<std::pair<wire::Ended::How, std::string>> ended(std::uint32_t client) const {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to != address{role::CLIENT, client} || !reader.root().isRunEvent()) continue;
            const auto e = reader.root().getRunEvent();
            if (e.isEnded())
                return std::pair(e.getEnded().getHow(),
                                 std::string(e.getEnded().getSentence().cStr()));
        }
        return std::nullopt;
    }
    /// The runs assigned to the nodes, -1 where nothing was said; and whether specs were with them.
    std::pair<std::vector<std::int64_t>, std::vector<bool>> assigned() const {
        std::vector<std::int64_t> runs(cluster.size(), -1);
        std::vector<bool> specs(cluster.size(), false);
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (o.to.role != role::NODE || !reader.root().isAssign()) continue;
            const auto a = reader.root().getAssign();
            runs[o.to.index] = static_cast<std::int64_t>(a.getRun());
            specs[o.to.index] = a.hasSpec();
        }
        return {runs, specs};
    }
    bool logged(const std::string& part) const {
        for (const auto& s : log)
            if (s.find(part) != s.npos) return true;
        return false;
    }

    preparer_by_hand preparer;
    journal_by_hand journal;
    cluster_by_hand grown;
    std::vector<std::string> log;
    std::uint64_t life = 0;
    std::optional<registrar> core;
    std::vector<node_by_hand> cluster;
    std::int64_t now_ms = 1'000'000;
    outbox out;
};

}  // namespace slackline
