#include "cluster/client/follow.hpp"

#include <fmt/format.h>

#include <utility>

#include "cluster/client/ask.hpp"
#include "cluster/client/heard_events.hpp"
#include "cluster/client/requests.hpp"
#include "cluster/client/status_text.hpp"
#include "cluster/judgement.hpp"

namespace slackline {

namespace {

constexpr std::int64_t wait_beats = 300;    // for a coordinator that is gone or silent
constexpr std::int64_t silent_beats = 25;   // without a word, then that is said
constexpr std::int64_t quiet_beats = 5;     // without news of the run, then its state is asked for
constexpr std::int64_t stalled_beats = 25;  // without a closed item, then nothing else is news

// The end of following; none: it goes on.
using end = std::optional<result<void>>;

class follower {
public:
    follower(const follow_wish& wish, const follow_edges& edges)
        : wish_(wish),
          edges_(edges),
          reporter_(wish.style, wish.run, edges.out),
          events_(reporter_) {
        if (!wish.submit) reporter_.joined_late();
    }

    result<void> follow() {
        if (auto r = connect(); !r) return r;
        for (;;)
            if (auto e = step()) return *e;
    }

private:
    std::int64_t now_ms() const { return edges_.clock.now_ms(); }
    std::int64_t beats(std::int64_t n) const { return n * wish_.heartbeat_ms; }
    double wait_s() const { return static_cast<double>(beats(wait_beats)) / 1000; }

    // Says whom it wants; a run that was seen once is attached to by name.
    result<void> connect() {
        auto edge = edges_.dial();
        if (!edge) return tl::unexpected(edge.error());
        edge_ = std::move(*edge);
        answered_ = false;
        heard_ms_ = asked_ms_ = moved_ms_ = now_ms();
        silence_told_ = false;
        const auto from = edge_->own_address();
        return edge_->send(wish_.submit && !seen_
                               ? submit_request(from, wish_.submit->job, wish_.submit->resume)
                               : attach_request(from, wish_.run));
    }

    end step() {
        if (edges_.interruption.interrupted(edge_ ? 0 : wish_.heartbeat_ms)) return detach();
        if (gone_ms_ && now_ms() - *gone_ms_ >= beats(wait_beats)) return given_up();
        if (!edge_) {
            if (connect())
                gone_ms_.reset();  // it is there, if busy
            else
                edge_.reset();
            return std::nullopt;
        }
        const auto got = edge_->receive(wish_.heartbeat_ms);
        if (!got) return lost(got.error());
        if (!*got) return nothing_heard();
        heard_ms_ = now_ms();
        silence_told_ = false;
        frame_reader reader(**got);
        auto e = take(reader.root());
        if (const auto why = reporter_.account().unheard; !e && why)
            e = tl::unexpected(unheard(*why, goes_on()));
        return e;
    }

    end take(wire::Message::Reader m) {
        if (m.isSubmitted()) answered(m.getSubmitted());
        if (m.isDeclined()) return tl::unexpected(read(m.getDeclined()));
        if (m.isTold()) say_once(what_holds_up(m.getTold().getJson().cStr(), wish_.run));
        if (!m.isRunEvent()) return std::nullopt;
        if (m.getRunEvent().isEnded()) return ended(m.getRunEvent().getEnded());
        const auto before = closed_items();
        events_.take(m.getRunEvent());
        if (closed_items() != before) moved_ms_ = now_ms();
        // Checkpoints come on time while a run waits: they must not hide what it waits for.
        if (now_ms() - moved_ms_ < beats(stalled_beats)) asked_ms_ = now_ms();
        return std::nullopt;
    }

    std::uint64_t closed_items() const {
        const auto& stats = reporter_.account().stats;
        return stats.applied + stats.skipped;
    }

    void answered(wire::Submitted::Reader s) {
        answered_ = true;
        if (std::exchange(missed_, false))
            reporter_.happened(fmt::format("the coordinator {} is back", name()));
        if (std::exchange(seen_, true)) return;
        if (s.getGoingOn()) {
            reporter_.joined_late();
            if (wish_.submit)
                reporter_.happened(fmt::format("run {} is there already and is followed", run()));
        }
        if (s.getAhead() > 0)
            reporter_.happened(
                fmt::format("run {} waits: {} come(s) before it", run(), s.getAhead()));
    }

    end ended(wire::Ended::Reader e) {
        const std::string why = e.getSentence().cStr();
        switch (e.getHow()) {
            case wire::Ended::How::FAILED:
                return fail(failure_code::refused,
                            why.empty() ? fmt::format("run {} failed", run()) : why);
            case wire::Ended::How::CANCELLED:
                return fail(failure_code::refused,
                            fmt::format("run {} was cancelled{}{}; go on with --resume", run(),
                                        why.empty() ? "" : ": ", why));
            case wire::Ended::How::DONE:
                break;
        }
        if (events_.progressed())
            reporter_.done();
        else  // it was over before this command saw anything of it
            reporter_.happened(fmt::format("run {} is done", run()));
        return judge(reporter_.account(), "the run is done and its checkpoint is written");
    }

    end detach() {
        if (!seen_)
            return fail(failure_code::refused,
                        fmt::format("ended before the coordinator {} answered; whether run {} is "
                                    "there tells: slackline runs --cluster {}",
                                    name(), run(), wish_.cluster_path));
        reporter_.happened(fmt::format("detached; {}", goes_on()));
        return result<void>();
    }

    end lost(const failure& why) {
        edge_.reset();
        if (!seen_) return tl::unexpected(why);
        gone_ms_ = now_ms();
        if (std::exchange(missed_, true)) return std::nullopt;
        reporter_.warned(
            fmt::format("the coordinator is gone; the run goes on without it; waiting for it until "
                        "{:g} s have passed ({})",
                        wait_s(), why.sentence));
        return std::nullopt;
    }

    // The connection stands: either the run has no news, or the registrar is busy.
    end nothing_heard() {
        const auto silent_ms = now_ms() - heard_ms_;
        if (silent_ms >= (seen_ || wish_.submit ? beats(wait_beats) : answer_limit_ms))
            return given_up();
        if (silent_ms >= beats(silent_beats) && !std::exchange(silence_told_, true))
            reporter_.happened(
                fmt::format("the coordinator {} has said nothing for {:g} s; it is "
                            "waited for until {:g} s have passed",
                            name(), static_cast<double>(silent_ms) / 1000, wait_s()));
        if (!answered_ || now_ms() - asked_ms_ < beats(quiet_beats)) return std::nullopt;
        asked_ms_ = now_ms();
        if (auto r = edge_->send(ask_request(edge_->own_address(), wire::Ask::What::STATUS)); !r)
            return lost(r.error());
        return std::nullopt;
    }

    end given_up() {
        const auto waited_ms = now_ms() - gone_ms_.value_or(heard_ms_);
        return fail(
            failure_code::exhausted,
            fmt::format("nothing was heard from the coordinator {0} for {1:g} s; start its "
                        "node again where it has ended (slackline node --cluster {2} "
                        "--name {0}), then look for run {3}: slackline train --attach {3} "
                        "--cluster {2}",
                        name(), static_cast<double>(waited_ms) / 1000, wish_.cluster_path, run()));
    }

    void say_once(const std::string& sentence) {
        if (sentence.empty() || std::exchange(said_, sentence) == sentence) return;
        reporter_.happened(sentence);
    }

    const std::string& name() const { return wish_.coordinator; }
    const std::string& run() const { return wish_.run; }
    std::string goes_on() const {
        return fmt::format("run {0} goes on: slackline train --attach {0} --cluster {1}", run(),
                           wish_.cluster_path);
    }

    const follow_wish& wish_;
    const follow_edges& edges_;
    reporter reporter_;
    heard_events events_;
    std::unique_ptr<client_edge> edge_;    ///< none while the coordinator is gone
    bool seen_ = false;                    ///< the registrar has named the run
    bool answered_ = false;                ///< on this connection
    std::optional<std::int64_t> gone_ms_;  ///< since when there is no connection
    bool missed_ = false;                  ///< it was told that the coordinator is gone
    std::int64_t heard_ms_ = 0;            ///< the last word on this connection
    std::int64_t asked_ms_ = 0;            ///< the last news of the run, or question after it
    std::int64_t moved_ms_ = 0;            ///< the last closed item, as far as is known
    bool silence_told_ = false;
    std::string said_;
};

}  // namespace

result<void> follow(const follow_wish& wish, const follow_edges& edges) {
    return follower(wish, edges).follow();
}

}  // namespace slackline
