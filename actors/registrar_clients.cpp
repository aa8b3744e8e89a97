// The registrar: what command lines ask for, and the answers.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "actors/registrar.hpp"
#include "actors/wire_job.hpp"

namespace slackline {

void registrar::from_client(wire::Message::Reader m, std::int64_t now_ms, outbox& out) {
    const auto client = m.getFrom().getIndex();
    switch (m.which()) {
        case wire::Message::SUBMIT:
            return submit(client, m.getSubmit(), out);
        case wire::Message::ATTACH:
            return attach(client, m.getAttach().getName().cStr(), out);
        case wire::Message::CANCEL_RUN:
            return cancel(client, m.getCancelRun().getName().cStr(), now_ms, out);
        case wire::Message::ASK:
            return ask(client, m.getAsk().getWhat(), now_ms, out);
        case wire::Message::JOIN_CLUSTER:
            return join(client, slackline::read(m.getJoinCluster()), out);
        case wire::Message::REMOVE_NODE:
            return remove(client, m.getRemoveNode().getName().cStr(), out);
        case wire::Message::MOVE:
            return move(client, m.getMove(), out);
        case wire::Message::RESHARD:
            return reshard(client, m.getReshard().getShards(), out);
        case wire::Message::GOODBYE:
            return followers_.forget(client);
        default:
            return;
    }
}

bool registrar::admit(std::uint32_t client, outbox& out) {
    if (followers_.admits(client, book_)) return true;
    decline(client,
            fmt::format("{} command lines follow runs of cluster {} already; end one of them",
                        followers::clients_max, settings_.cluster),
            false, out);
    return false;
}

void registrar::submit(std::uint32_t client, wire::Submit::Reader s, outbox& out) {
    if (!admit(client, out)) return;
    const auto job = read(s.getJob());
    // A client submits once: the same again is asked because the answer was lost.
    if (const auto followed = followers_.followed_by(client))
        if (const auto* run = book_.find(*followed); run != nullptr && run->job == job)
            return join(client, *run, true, out);
    const auto refuse = [&](const failure& why) {
        const bool usage =
            why.code == failure_code::usage || why.code == failure_code::already_exists;
        decline(client, why.sentence, usage, out);
    };
    const auto name = edges_.preparer.name_of(job);
    if (!name) return refuse(name.error());
    if (const auto* run = book_.find(*name); run != nullptr && !run->ended()) {
        if (run->job == job) return join(client, *run, true, out);
        return refuse({failure_code::already_exists,
                       fmt::format("run {} is {} with another job; cancel that one, or give this "
                                   "one another name",
                                   *name, name_of(run->state))});
    }
    if (book_.open_runs().size() >= runs_max)
        return decline(client,
                       fmt::format("{} runs of cluster {} wait or are trained already; cancel one "
                                   "of them, or submit again when one has ended",
                                   runs_max, settings_.cluster),
                       false, out);
    const auto what = edges_.preparer.prepare(job, s.getResume(), 0);
    if (!what) return refuse(what.error());
    if (auto room = has_nodes_for(*what); !room) return refuse(room.error());
    book_run(client, *what, job, s.getResume(), out);
}

void registrar::book_run(std::uint32_t client, const prepared_run& what, const job_text& job,
                         bool resume, outbox& out) {
    booked_run run;
    run.number = book_.next_number();
    run.name = what.name;
    run.job = job;
    run.resume = resume;
    run.first_era = what.first_era;
    run.time_s = edges_.unix_time_s();
    const auto entry = book_.submission(run);
    if (!entry) return decline(client, entry.error().sentence, true, out);
    if (auto r = edges_.journal.append(*entry); !r)
        return decline(client, r.error().sentence, false, out);
    if (auto r = book_.apply(*entry); !r) {
        failed_ = r.error().sentence;
        return;
    }
    compact();
    join(client, book_.open_runs().back(), false, out);
}

// From here on the client follows the run: it is told what it missed.
void registrar::join(std::uint32_t client, const booked_run& run, bool going_on, outbox& out) {
    followers_.follow(client, run.number);
    const address to{role::CLIENT, client};
    const auto& open = book_.open_runs();
    const auto place = std::find_if(open.begin(), open.end(),
                                    [&](const booked_run& r) { return r.number == run.number; });
    auto b = message(to, run.number);
    auto s = b.root().initSubmitted();
    s.setRun(run.number);
    s.setName(run.name);
    s.setAhead(run.ended() ? 0 : static_cast<std::uint32_t>(place - open.begin()));
    s.setGoingOn(going_on);
    out.push_back({to, b.finish()});
    const bool active = active_ && active_->number == run.number;
    const auto told = told_.find(run.number);
    const auto kept = active                ? active_->gauge.kept()
                      : told != told_.end() ? told->second.kept()
                                            : std::vector<frame>();
    for (const auto& f : kept) {
        frame_reader reader(f);
        pass_on(reader.root(), client, out);
    }
    if (run.ended()) tell_end(client, run, out);
}

void registrar::pass_on(wire::Message::Reader event, std::uint32_t client, outbox& out) const {
    const address to{role::CLIENT, client};
    auto b = message(to, event.getRun());
    b.root().setEra(event.getEra());
    b.root().setRunEvent(event.getRunEvent());
    out.push_back({to, b.finish()});
}

void registrar::attach(std::uint32_t client, const std::string& name, outbox& out) {
    if (!admit(client, out)) return;
    const auto& open = book_.open_runs();
    if (name.empty() && open.empty())
        return decline(client, fmt::format("no run is active; {}", known_names()), true, out);
    const auto* run = name.empty() ? &open.front() : book_.find(name);
    if (run == nullptr)
        return decline(client, fmt::format("there is no run {}; {}", name, known_names()), true,
                       out);
    join(client, *run, true, out);
}

void registrar::cancel(std::uint32_t client, const std::string& name, std::int64_t now_ms,
                       outbox& out) {
    const auto* run = book_.find(name);
    if (run == nullptr)
        return decline(client, fmt::format("there is no run {}; {}", name, known_names()), true,
                       out);
    if (run->ended() && run->state != run_state::cancelled)
        return decline(client,
                       fmt::format("run {} has ended before: {}", name, name_of(run->state)), true,
                       out);
    const auto number = run->number;
    if (!run->ended()) end(number, run_state::cancelled, "", now_ms, out);
    if (failed_) return decline(client, *failed_, false, out);
    tell(client, "{}", out);
}

void registrar::ask(std::uint32_t client, wire::Ask::What what, std::int64_t now_ms, outbox& out) {
    switch (what) {
        case wire::Ask::What::STATUS:
            return tell(client, status_json(view(), now_ms), out);
        case wire::Ask::What::RUNS:
            return tell(client, runs_json(book_), out);
        case wire::Ask::What::CHECKPOINT:
            return ask_for_checkpoint(client, out);
        case wire::Ask::What::REBALANCE:
            return rebalance(client, out);
        case wire::Ask::What::RELOAD:
            return reload(client, out);
        case wire::Ask::What::ROSTER:
            if (const auto roster = edges_.cluster.roster(joined_))
                return tell(client, *roster, out);
            else
                return decline(client, roster.error().sentence, true, out);
    }
}

void registrar::ask_for_checkpoint(std::uint32_t client, outbox& out) const {
    if (!active_)
        return decline(client, "no run is active: there is nothing to write a checkpoint of", true,
                       out);
    control_coordinator(wire::Control::CHECKPOINT, out);
    tell(client, "{}", out);
}

void registrar::decline(std::uint32_t client, const std::string& sentence, bool usage,
                        outbox& out) const {
    const address to{role::CLIENT, client};
    auto b = message(to, 0);
    auto d = b.root().initDeclined();
    d.setSentence(sentence);
    d.setUsage(usage);
    out.push_back({to, b.finish()});
}

void registrar::tell(std::uint32_t client, const std::string& json, outbox& out) const {
    const address to{role::CLIENT, client};
    auto b = message(to, 0);
    b.root().initTold().setJson(json);
    out.push_back({to, b.finish()});
}

// "there are mnist (active), small (done)"
std::string registrar::known_names() const {
    constexpr std::size_t shown_max = 10;
    std::string all;
    std::size_t shown = 0;
    const auto add = [&](const booked_run& r) {
        if (shown == shown_max || book_.find(r.name) != &r) return;
        all += fmt::format("{}{} ({})", shown++ == 0 ? "" : ", ", r.name, name_of(r.state));
    };
    for (const auto& r : book_.open_runs()) add(r);
    for (auto r = book_.ended_runs().rbegin(); r != book_.ended_runs().rend(); ++r) add(*r);
    if (shown == 0) return fmt::format("cluster {} has had no run", settings_.cluster);
    return "there are " + all;
}

}  // namespace slackline
