#include "tests/bench/link_sample.hpp"

#include <sys/socket.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>
#include <stdexcept>

#include "actors/shard.hpp"
#include "tests/bench/limits/socket_pair.hpp"
#include "tests/bench/link_node.hpp"
#include "tests/bench/machine.hpp"

namespace slackline::bench {

namespace {

constexpr auto patience = std::chrono::minutes(2);

/// How the driver's work came out: an empty sentence is well.
class outcome {
public:
    void set(const std::string& sentence) {
        const std::lock_guard lock(mutex_);
        if (!sentence_) sentence_ = sentence;
        changed_.notify_all();
    }

    void wait() {
        std::unique_lock lock(mutex_);
        if (!changed_.wait_for(lock, patience, [&] { return sentence_.has_value(); }))
            throw std::runtime_error("work over a link stands still");
        if (!sentence_->empty()) throw std::runtime_error(*sentence_);
    }

private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::optional<std::string> sentence_;
};

std::shared_ptr<participant> make_shard(const link_work& work) {
    const model_layout layout{{{"w", {work.bytes / sizeof(float)}, {}}}, {}};
    shard_settings s;
    s.run = link_run;
    s.incarnation = 1;
    return std::make_shared<shard>(s, std::make_shared<shard_map>(layout, 1));
}

// Until the other process closes its end or says something.
void await_word(int fd) {
    char word = 0;
    while (::recv(fd, &word, 1, 0) < 0)
        if (errno != EAGAIN && errno != EINTR) throw std::runtime_error("a control socket failed");
}

void serve_shard(const link_work& work, cluster_file file, route over, int control) {
    await_word(control);
    // "This host", as Linux takes it; a cluster file takes it for another's.
    if (over == route::between) file.nodes[0].host = "0.0.0.0";
    std::atomic<bool> ends{false};  // outlives the node
    link_node node(file, 1);
    node.start(make_shard(work), [&](const std::string& why) {
        if (!ends) std::fprintf(stderr, "bench: the shard: %s\n", why.c_str());
    });
    await_word(control);
    ends = true;
    const auto counters = node.counters();
    if (::send(control, &counters, sizeof counters, MSG_NOSIGNAL) != sizeof counters)
        throw std::runtime_error("a control socket failed");
}

}  // namespace

link_sample run_link(const link_work& work, route over) {
    const auto file = two_nodes(over == route::between);
    socket_pair control(socket_kind::unix_stream);
    forked far([&] {
        control.close_near();
        serve_shard(work, file, over, control.far());
    });
    control.close_far();
    link_sample found;
    outcome end;
    cpu_reading warm, done;
    {
        link_node node(file, 0);
        const auto driver =
            std::make_shared<link_driver>(work, link_driver::events{[&] { warm = read_cpu(); },
                                                                    [&] {
                                                                        done = read_cpu();
                                                                        end.set("");
                                                                    }});
        node.start(driver, [&](const std::string& why) { end.set("the driver: " + why); });
        ::send(control.near(), "g", 1, MSG_NOSIGNAL);
        end.wait();
        found.worker = node.counters();
        ::shutdown(control.near(), SHUT_WR);
        if (::recv(control.near(), &found.shard, sizeof found.shard, MSG_WAITALL) !=
            sizeof found.shard)
            throw std::runtime_error("the shard's process does not tell its counters");
    }
    far.join();
    found.seconds = done.wall_s - warm.wall_s;
    found.worker_s = done.own_s - warm.own_s;
    return found;
}

}  // namespace slackline::bench
