// Several nodes in this process: each with a host and a link of its own, and frames that find their
// way by placement. What they send to the registrar is kept here.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <caf/all.hpp>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "actors/local_link.hpp"
#include "actors/wire_layout.hpp"
#include "cluster/node/hosted_run.hpp"
#include "cluster/node/job_preparer.hpp"
#include "cluster/process_edges.hpp"
#include "tests/catch.hpp"

namespace slackline::hosted {

constexpr std::chrono::seconds patience{60};

/// What the registrar hears, in its order.
class registrar {
public:
    void take(frame f) {
        frame_reader reader(f);
        const auto m = reader.root();
        const std::lock_guard l(mutex_);
        if (m.isAsk() && m.getAsk().getWhat() == wire::Ask::What::CHECKPOINT)
            asked_by_.push_back(read_address(m.getFrom()));
        if (m.isRunEvent()) events_.push_back(std::move(f));
        changed_.notify_all();
    }

    /// Waits for an event of the run that `is`; false where none comes in time.
    bool heard(std::uint64_t run, const std::function<bool(wire::RunEvent::Reader)>& is) {
        std::unique_lock l(mutex_);
        return changed_.wait_for(l, patience, [&] {
            for (const auto& f : events_) {
                frame_reader reader(f);
                if (reader.root().getRun() == run && is(reader.root().getRunEvent())) return true;
            }
            return false;
        });
    }

    bool was_asked_by(address who) {
        std::unique_lock l(mutex_);
        return changed_.wait_for(l, patience, [&] {
            return std::find(asked_by_.begin(), asked_by_.end(), who) != asked_by_.end();
        });
    }

    std::vector<frame> events() const {
        const std::lock_guard l(mutex_);
        return events_;
    }

private:
    mutable std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<frame> events_;
    std::vector<address> asked_by_;
};

struct node_setup {
    bool coordinator = false;
    bool sequencer = false;
    bool shard = false;
    std::uint32_t workers = 0;
    std::vector<model_entry> models = builtin_models();
};

inline cluster_file file_of(const std::vector<node_setup>& nodes) {
    cluster_file file;
    for (const auto& n : nodes) {
        cluster_node to;
        to.name = fmt::format("n{}", file.nodes.size());
        to.coordinator = n.coordinator;
        to.sequencer = n.sequencer;
        to.shard = n.shard;
        to.workers = n.workers;
        file.nodes.push_back(to);
    }
    return file;
}

class cluster : public link_edge {
public:
    explicit cluster(std::vector<node_setup> setup, std::int64_t stop_ms = 10'000)
        : where(file_of(setup)), system_(quiet(config_)) {
        for (std::uint32_t n = 0; n < setup.size(); ++n) {
            links.push_back(std::make_unique<local_link>());
            hosted_run_settings s{setup[n].models, {where, n, fmt::format("n{}", n), ""}, stop_ms};
            nodes.push_back(std::make_unique<hosted_run>(
                std::move(s), hosted_run_edges{system_, *links[n], *this, clock_, incarnations_,
                                               [](const std::string&) {},
                                               [this](const std::string& why) { tell(lost_, why); },
                                               [this] { tell(stuck_, "stuck"); }}));
        }
    }

    void send(address to, frame f) override {
        if (to.role == role::REGISTRAR) return events.take(std::move(f));
        if (const auto n = where.node_of(to)) links[*n]->send(to, std::move(f));
    }

    /// The job, as the registrar's preparer would have it.
    prepared_run prepared(const job_text& job, bool resume = false) const {
        job_preparer p(builtin_models(), {where.workers(), where.shards(), 20});
        auto r = p.prepare(job, resume, 0);
        if (!r) FAIL(r.error().sentence);
        return std::move(*r);
    }

    void open(std::uint32_t node, std::uint64_t run, const prepared_run& what) {
        frame_builder b({role::REGISTRAR, 0}, {role::NODE, node}, run, 0);
        auto spec = b.root().initAssign().initSpec();
        spec.setRun(run);
        auto job = spec.initJob();
        job.setFile(what.job.file);
        job.setText(what.job.text);
        job.setFolder(what.job.folder);
        auto overrides = job.initOverrides(static_cast<unsigned>(what.job.overrides.size()));
        for (unsigned o = 0; o < overrides.size(); ++o) overrides.set(o, what.job.overrides[o]);
        spec.setSamples(what.samples);
        spec.setChecksum(what.checksum);
        write(what.layout, spec);
        spec.setFirstEra(what.first_era);
        const auto f = b.finish();
        frame_reader reader(f);
        nodes[node]->open(f, reader.root().getAssign().getSpec());
    }

    void open_all(std::uint64_t run, const prepared_run& what) {
        for (std::uint32_t n = 0; n < nodes.size(); ++n) open(n, run, what);
        for (std::uint32_t n = 0; n < nodes.size(); ++n) becomes(n, wire::Hosting::OPEN);
    }

    void close_all() {
        for (auto& n : nodes) n->close();
        for (std::uint32_t n = 0; n < nodes.size(); ++n) becomes(n, wire::Hosting::IDLE);
    }

    /// Waits until the node says so; fails where it says otherwise for too long.
    void becomes(std::uint32_t node, wire::Hosting what) {
        const auto there = [&] { return nodes[node]->now().hosting == what; };
        if (!until(there))
            FAIL("node " << node << " is " << static_cast<int>(nodes[node]->now().hosting) << ": "
                         << nodes[node]->now().sentence);
    }

    /// The sentence of a node that refuses its part.
    std::string refusal(std::uint32_t node, std::uint64_t run, const prepared_run& what) {
        open(node, run, what);
        becomes(node, wire::Hosting::REFUSED);
        const auto now = nodes[node]->now();
        CHECK(now.run == run);
        nodes[node]->close();
        CHECK(nodes[node]->now().run == 0);
        return now.sentence;
    }

    static bool until(const std::function<bool()>& there) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (!there() && std::chrono::steady_clock::now() < limit)
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        return there();
    }

    /// Whether the actor lives on the node, or does so soon.
    bool has(std::uint32_t node, address who) const {
        return until([&] { return links[node]->find(who) != nullptr; });
    }

    /// As the registrar does what it is asked.
    void checkpoint_now(std::uint64_t run) {
        const address coordinator{role::COORDINATOR, 0};
        frame_builder b({role::REGISTRAR, 0}, coordinator, run, 0);
        b.root().initControl().setCheckpoint();
        send(coordinator, b.finish());
    }

    std::optional<std::string> lost() const { return told(lost_); }
    bool stuck() const { return told(stuck_).has_value(); }

    placement where;
    registrar events;
    std::vector<std::unique_ptr<local_link>> links;

private:
    static caf::actor_system_config& quiet(caf::actor_system_config& c) {
        c.set("scheduler.policy", caf::atom("sharing"));
        c.set("scheduler.max-threads", 2);
        c.set("logger.file-verbosity", caf::atom("quiet"));
        c.set("logger.console-verbosity", caf::atom("quiet"));
        return c;
    }

    void tell(std::optional<std::string>& what, const std::string& sentence) {
        const std::lock_guard l(mutex_);
        what = sentence;
    }
    std::optional<std::string> told(const std::optional<std::string>& what) const {
        const std::lock_guard l(mutex_);
        return what;
    }

    mutable std::mutex mutex_;
    std::optional<std::string> lost_;
    std::optional<std::string> stuck_;
    steady_clock_edge clock_;
    counted_incarnations incarnations_;
    caf::actor_system_config config_;
    caf::actor_system system_;

public:
    std::vector<std::unique_ptr<hosted_run>> nodes;  ///< end before the system
};

}  // namespace slackline::hosted
