// The registrar: which runs there are, and which nodes; one a cluster, on the coordinator's node.
//
// Command lines submit runs to it; it books them, has the first one opened on every node, passes on
// what the run tells, and closes it everywhere before the next one is opened. All that must outlive
// it is journaled before it is answered: a registrar that comes back finds its runs, and the one
// that was open goes on meanwhile. A run that waits for a node that does not come is ended, and
// so is one that a node refuses; but one that has come somewhere goes on without a node of workers
// only that comes back and refuses, while others compute: that node tries again every 25
// heartbeats. It says once a heartbeat, to every node, what that is to hold: see
// actors/node_agent.hpp.
// Owner and thread: one actor. Edges outlive it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "actors/awaited_nodes.hpp"
#include "actors/cluster_status.hpp"
#include "actors/followers.hpp"
#include "actors/joined_nodes.hpp"
#include "actors/participant.hpp"
#include "actors/registry_journal.hpp"
#include "actors/removed_nodes.hpp"

namespace slackline {

struct registrar_settings {
    std::uint64_t incarnation = 0;  ///< larger than any earlier one's
    std::string cluster;
    std::int64_t heartbeat_ms = 200;
    std::int64_t wait_ms = 60'000;      ///< for a node that a run needs: 300 heartbeats
    std::vector<cluster_member> nodes;  ///< by their place in the cluster file; then those that
                                        ///< have joined
    bool again = false;  ///< its process has crashed: what it was told before still holds
};

/// What an edited cluster file changes.
struct file_change {
    std::vector<joined_node> added;
    std::vector<std::string> removed;
    std::vector<std::string> restored;  ///< they were removed before

    bool empty() const { return added.empty() && removed.empty() && restored.empty(); }
};

/// What the cluster is, which may grow. Called on the registrar's thread.
class cluster_edge {
public:
    virtual ~cluster_edge() = default;

    /// The nodes of the cluster with those that have joined, for a run of so many shards; 0: as
    /// many as the cluster file has. Usage where one cannot belong to it.
    virtual result<std::vector<cluster_member>> with(const std::vector<joined_node>& joined,
                                                     std::uint32_t shards) = 0;

    /// They have joined: this process knows them from now on.
    virtual void grow(const std::vector<joined_node>& joined) = 0;

    /// The nodes with their addresses, in their order: JSON, see cluster/file/roster.hpp.
    virtual result<std::string> roster(const std::vector<joined_node>& joined) = 0;

    /// Reads the cluster file again. Usage where it is wrong, or changes what cannot be changed
    /// while the cluster runs.
    virtual result<file_change> reread(const std::vector<joined_node>& joined,
                                       const std::set<std::string>& removed) = 0;
};

struct registrar_edges {
    run_preparer& preparer;
    registry_journal& journal;
    cluster_edge& cluster;
    std::function<void(const std::string&)> log;
    std::function<std::int64_t()> unix_time_s;
};

class registrar : public participant {
public:
    /// Runs that wait or are trained; no more are taken.
    static constexpr std::size_t runs_max = 100;
    /// After so many entries the journal is written anew, without what is no longer needed.
    static constexpr std::size_t appended_max = 300;

    /// Reads the journal and writes it anew, without what is no longer needed.
    registrar(registrar_settings settings, registrar_edges edges);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

    /// Why it can do nothing any more, if so: its journal cannot be read or written. Its node ends
    /// with this sentence.
    const std::optional<std::string>& failed() const { return failed_; }

private:
    struct refusal {
        std::int64_t at_ms = 0;
        std::string sentence;
        bool rests = true;  ///< it is to hold nothing for a while, then it tries again
    };

    // registrar.cpp: nodes
    void replay();
    result<void> replay_members(std::vector<std::string>& entries);
    std::vector<std::string> entries() const { return entries(joined_, removed_); }
    std::vector<std::string> entries(const std::vector<joined_node>& joined,
                                     const removed_nodes& removed) const;
    void grow(std::vector<joined_node> joined, std::vector<cluster_member> members);
    void set_members(std::vector<cluster_member> members);
    void peer_changed(wire::PeerChanged::Reader p, std::int64_t now_ms);
    void assign(outbox& out) const;
    std::uint64_t target(std::uint32_t node) const;
    bool has_to_hand_over(std::uint32_t node) const;
    bool is_to_leave(std::uint32_t node) const;
    void write_spec(wire::RunSpec::Builder to) const;
    const std::string& name_of_node(std::uint32_t node) const { return settings_.nodes[node].name; }
    std::int64_t dead_ms() const { return 5 * settings_.heartbeat_ms; }

    // registrar_runs.cpp: the run that is open, and the one that comes next
    void judge(std::int64_t now_ms, std::int64_t late_ms, outbox& out);
    bool spares(std::uint32_t node) const;
    void let_rest(std::uint32_t node, std::int64_t now_ms);
    void watch_needed(std::int64_t now_ms, std::int64_t late_ms, outbox& out);
    void open_next(std::int64_t now_ms, std::int64_t late_ms, outbox& out);
    std::vector<std::uint32_t> holders() const;
    void open(const booked_run& run, std::int64_t now_ms, outbox& out);
    result<prepared_run> prepare(const booked_run& run);
    std::uint32_t shards() const { return active_ ? active_->what.shards : 0; }
    void end(std::uint64_t number, run_state how, const std::string& sentence, std::int64_t now_ms,
             outbox& out);
    void event(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void tell_end(std::uint32_t client, const booked_run& run, outbox& out) const;
    void pass_on(wire::Message::Reader event, std::uint32_t client, outbox& out) const;
    bool record(const std::string& entry);
    void compact();

    // registrar_clients.cpp: what command lines ask for
    void from_client(wire::Message::Reader m, std::int64_t now_ms, outbox& out);
    void submit(std::uint32_t client, wire::Submit::Reader s, outbox& out);
    void book_run(std::uint32_t client, const prepared_run& what, const job_text& job, bool resume,
                  outbox& out);
    void attach(std::uint32_t client, const std::string& name, outbox& out);
    void join(std::uint32_t client, const booked_run& run, bool going_on, outbox& out);
    void cancel(std::uint32_t client, const std::string& name, std::int64_t now_ms, outbox& out);
    void ask(std::uint32_t client, wire::Ask::What what, std::int64_t now_ms, outbox& out);
    void ask_for_checkpoint(std::uint32_t client, outbox& out) const;

    // registrar_members.cpp: who belongs to the cluster
    void join(std::uint32_t client, const joined_node& node, outbox& out);
    void remove(std::uint32_t client, const std::string& name, outbox& out);
    void reload(std::uint32_t client, outbox& out);
    result<file_change> take_up_file();
    result<void> may_be(const file_change& change) const;
    result<void> is_known_where_shards_are(const std::set<std::uint32_t>& leaving) const;
    result<void> run_can_do_without(const std::set<std::uint32_t>& leaving) const;
    result<void> change_members(const file_change& change);
    result<void> has_nodes_for(const prepared_run& what) const;

    // registrar_reshard.cpp: other shards for the open run
    void reshard(std::uint32_t client, std::uint32_t shards, outbox& out);
    result<bool> resharded_to(std::uint32_t shards, outbox& out);
    result<void> begin_resharding(std::uint32_t shards, outbox& out);
    bool is_in_place() const;
    void held(wire::Held::Reader h, std::int64_t now_ms, outbox& out);
    void control_coordinator(wire::Control::Which what, outbox& out) const;

    // registrar_moves.cpp: what of the open run is to be on another node
    void move(std::uint32_t client, wire::Move::Reader m, outbox& out);
    void rebalance(std::uint32_t client, outbox& out);
    result<address> place_at(std::uint32_t node, address part) const;
    result<const part_copies*> copies_of(address part) const;
    result<std::uint32_t> node_named(const std::string& name) const;
    bool takes_part(std::uint32_t node) const;
    void have_placed(address at, std::uint16_t instead_of, outbox& out) const;
    bool admit(std::uint32_t client, outbox& out);
    void decline(std::uint32_t client, const std::string& sentence, bool usage, outbox& out) const;
    void tell(std::uint32_t client, const std::string& json, outbox& out) const;
    std::string known_names() const;
    frame_builder message(address to, std::uint64_t run) const;

    cluster_view view() const;

    registrar_settings settings_;
    registrar_edges edges_;
    run_book book_;
    std::vector<joined_node> joined_;
    removed_nodes removed_;
    node_watch watch_;
    awaited_nodes awaited_;
    followers followers_;
    std::optional<active_run> active_;
    struct resharding {
        prepared_run to;
        std::string refusal = {};  ///< why it came to nothing, until somebody asks
        std::uint64_t as = 0;      ///< the number under which it is to be opened; 0: not yet
        run_gauge gauge = {};      ///< what it told until then
    };
    std::optional<resharding> resharding_;
    std::map<std::uint32_t, refusal> refusals_;  ///< of nodes that the open run goes on without
    std::set<std::uint32_t> unanswered_;  ///< nodes that were here when the run was opened, and
                                          ///< neither hold nor refuse their part yet
    std::map<std::uint64_t, run_gauge> told_;  ///< by ended runs of this life that are booked
    std::size_t appended_ = 0;                 ///< entries since the journal was written anew
    std::uint64_t step_ = 1;                   ///< of this life's assignments
    std::optional<std::int64_t> began_ms_;
    std::int64_t closing_ms_ = 0;  ///< since when the next run waits for nodes to close another
    std::optional<std::string> failed_;
};

}  // namespace slackline
