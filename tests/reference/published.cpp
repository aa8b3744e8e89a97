#include "tests/reference/published.hpp"

#include <algorithm>
#include <deque>
#include <optional>

namespace slackline::published {

namespace {

/// The workers in virtual time: who computes what, and which gradient arrives next.
class pool {
public:
    explicit pool(const world& w) : world_(w), workers_(w.workers) {}

    /// The workers come, one after the other, and find point 0.
    template <class May>
    void begin(May may) {
        while (present_ < workers_.size()) {
            ++present_;
            hand_out(0, may);
        }
    }

    /// Whoever has room and may, begins a gradient at `point`.
    template <class May>
    void hand_out(std::uint64_t point, May may) {
        while (next_item_ < world_.items) {
            std::optional<std::uint32_t> to;
            for (std::uint32_t w = 0; w < present_; ++w)
                if (workers_[w].open < world_.window && may(w) &&
                    (!to || workers_[w].open < workers_[*to].open))
                    to = w;
            if (!to) break;
            ++workers_[*to].open;
            workers_[*to].queue.push_back({next_item_++, *to, point});
        }
        for (std::uint32_t w = 0; w < workers_.size(); ++w) start(w);
    }

    /// The next gradient to arrive; none when nobody computes. It stays open until released.
    std::optional<gradient> next() {
        worker* first = nullptr;
        for (auto& w : workers_)
            if (!w.queue.empty() && (!first || w.done < first->done)) first = &w;
        if (!first) return std::nullopt;
        now_ = first->done;
        const auto g = first->queue.front();
        first->queue.pop_front();
        first->computes = false;
        return g;
    }

    void release(std::uint32_t w) { --workers_[w].open; }

    /// Ends all that was begun at a point that `is_late`, in the order of the items.
    template <class IsLate>
    std::vector<gradient> stop(IsLate is_late) {
        std::vector<gradient> stopped;
        for (auto& w : workers_)
            for (std::size_t k = w.queue.size(); k-- > 0;) {
                if (!is_late(w.queue[k].point)) continue;
                stopped.push_back(w.queue[k]);
                w.queue.erase(w.queue.begin() + static_cast<std::ptrdiff_t>(k));
                --w.open;
                if (k == 0) w.computes = false;
            }
        std::sort(stopped.begin(), stopped.end(),
                  [](const gradient& a, const gradient& b) { return a.item < b.item; });
        return stopped;
    }

    std::vector<gradient> in_flight() const {
        std::vector<gradient> all;
        for (const auto& w : workers_) all.insert(all.end(), w.queue.begin(), w.queue.end());
        return all;
    }

    std::uint64_t open(std::uint32_t w) const { return workers_[w].open; }
    bool idle() const { return in_flight().empty(); }
    bool exhausted() const { return next_item_ == world_.items; }

private:
    struct worker {
        std::deque<gradient> queue;  ///< the first is being computed
        std::uint64_t open = 0;
        std::uint64_t begun = 0;
        bool computes = false;
        std::int64_t done = 0;
    };

    void start(std::uint32_t index) {
        auto& w = workers_[index];
        if (w.computes || w.queue.empty()) return;
        w.computes = true;
        w.done = now_ + world_.ticks(index, w.begun++);
    }

    const world& world_;
    std::vector<worker> workers_;
    std::size_t present_ = 0;
    std::uint64_t next_item_ = 0;
    std::int64_t now_ = 0;
};

const auto anyone = [](std::uint32_t) { return true; };

}  // namespace

run synchronous(const world& w) {
    run r;
    std::uint64_t item = 0;
    for (std::uint64_t step = 0; item < w.items; ++step) {
        std::vector<std::pair<std::int64_t, gradient>> arrivals;
        for (std::uint32_t k = 0; k < w.workers && item < w.items; ++k)
            arrivals.push_back({w.ticks(k, step), {item++, k, step}});
        std::stable_sort(arrivals.begin(), arrivals.end(),
                         [](const auto& a, const auto& b) { return a.first < b.first; });
        r.updates.emplace_back();
        for (const auto& [when, g] : arrivals) r.updates.back().push_back(g);
    }
    return r;
}

run backup(const world& w, std::uint64_t m) {
    run r;
    pool p(w);
    std::uint64_t point = 0;
    std::vector<gradient> step;
    p.begin(anyone);
    while (const auto g = p.next()) {
        if (g->point == point) {
            step.push_back(*g);  // its worker waits for the next point
        } else {
            r.ignored.push_back({*g, point});
            p.release(g->worker);
            p.hand_out(point, anyone);
        }
        if (step.empty() || (step.size() < m && !p.idle())) continue;
        for (const auto& taken : step) p.release(taken.worker);
        r.updates.push_back(std::move(step));
        step.clear();
        p.hand_out(++point, anyone);
    }
    return r;
}

run rennala(const world& w, std::uint64_t m) {
    run r;
    pool p(w);
    std::uint64_t point = 0;
    std::vector<gradient> batch;
    p.begin(anyone);
    while (const auto g = p.next()) {
        p.release(g->worker);
        if (g->point == point)
            batch.push_back(*g);
        else
            r.ignored.push_back({*g, point});
        const bool last = p.idle() && p.exhausted() && !batch.empty();
        if (batch.size() == m || last) {
            r.updates.push_back(std::move(batch));
            batch.clear();
            ++point;
        }
        p.hand_out(point, anyone);
    }
    return r;
}

run ssp(const world& w, std::uint64_t s) {
    run r;
    pool p(w);
    std::vector<std::uint64_t> clocks(w.workers, 0);
    const auto may = [&](std::uint32_t k) {
        return clocks[k] + p.open(k) <= *std::min_element(clocks.begin(), clocks.end()) + s;
    };
    p.begin(may);
    while (const auto g = p.next()) {
        r.updates.push_back({*g});
        ++clocks[g->worker];
        p.release(g->worker);
        p.hand_out(r.updates.size(), may);
        for (std::uint32_t k = 0; k < w.workers; ++k)
            r.waits += !p.exhausted() && p.open(k) == 0 ? 1 : 0;
    }
    return r;
}

namespace {

/// Is there any order in which all of them can still be applied, one an update, within the bound?
bool can_keep(std::vector<gradient> outstanding, std::uint64_t point, std::uint64_t bound) {
    if (outstanding.empty()) return true;
    for (std::size_t k = 0; k < outstanding.size(); ++k) {
        if (point - outstanding[k].point > bound) return false;
        auto rest = outstanding;
        rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(k));
        if (can_keep(std::move(rest), point + 1, bound)) return true;
    }
    return false;
}

}  // namespace

// The papers define what is allowed and leave open how a server gets there. Here: a gradient that
// has arrived is applied as soon as all others that are outstanding can keep the bound after it,
// the oldest point first. Tried by brute force.
run bounded(const world& w, std::uint64_t bound) {
    run r;
    pool p(w);
    const auto may = [&](std::uint32_t k) { return k < bound + 1; };
    std::vector<gradient> arrived;
    p.begin(may);
    while (const auto g = p.next()) {
        arrived.push_back(*g);
        for (bool applied = true; applied;) {
            std::stable_sort(arrived.begin(), arrived.end(),
                             [](const auto& a, const auto& b) { return a.point < b.point; });
            applied = false;
            for (std::size_t k = 0; k < arrived.size() && !applied; ++k) {
                const auto first = arrived[k];
                auto others = p.in_flight();
                for (std::size_t o = 0; o < arrived.size(); ++o)
                    if (o != k) others.push_back(arrived[o]);
                if (!can_keep(others, r.updates.size() + 1, bound)) continue;
                arrived.erase(arrived.begin() + static_cast<std::ptrdiff_t>(k));
                r.updates.push_back({first});
                p.release(first.worker);
                applied = true;
            }
        }
        r.waits += arrived.size();
        p.hand_out(r.updates.size(), may);
    }
    return r;
}

run ringmaster(const world& w, std::uint64_t threshold, bool stops) {
    run r;
    pool p(w);
    p.begin(anyone);
    while (const auto g = p.next()) {
        const std::uint64_t point = r.updates.size();
        p.release(g->worker);
        if (point - g->point < threshold)
            r.updates.push_back({*g});
        else
            r.ignored.push_back({*g, point});
        const std::uint64_t now = r.updates.size();
        if (stops)
            for (const auto& late : p.stop([&](auto from) { return now - from >= threshold; }))
                r.stopped.push_back({late, now});
        p.hand_out(now, anyone);
    }
    return r;
}

run asynchronous(const world& w) {
    run r;
    pool p(w);
    p.begin(anyone);
    while (const auto g = p.next()) {
        r.updates.push_back({*g});
        p.release(g->worker);
        p.hand_out(r.updates.size(), anyone);
    }
    return r;
}

}  // namespace slackline::published
