// Two connections on real sockets: what is said arrives, uncopied, with few system calls, and every
// end is told once.
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <chrono>

#include "cluster/link/connection.hpp"
#include "cluster/link/receive_pool.hpp"
#include "cluster/link/socket_stream.hpp"
#include "tests/catch.hpp"
#include "tests/unit/messages_samples.hpp"

using namespace slackline;
namespace asio = boost::asio;

namespace {

constexpr auto patience = std::chrono::seconds(10);

class hand_clock : public clock_edge {
public:
    std::int64_t now_ms() const override { return now; }
    std::int64_t now = 1;
};

enum class kind { unix_socket, tcp };

std::pair<stream_socket, stream_socket> connected(asio::io_context& context, kind k) {
    if (k == kind::unix_socket) {
        asio::local::stream_protocol::socket a(context), b(context);
        asio::local::connect_pair(a, b);
        return {stream_socket(std::move(a)), stream_socket(std::move(b))};
    }
    using tcp = asio::ip::tcp;
    tcp::acceptor door(context, {asio::ip::address_v4::loopback(), 0});
    tcp::socket a(context), b(context);
    a.connect(door.local_endpoint());
    door.accept(b);
    return {stream_socket(std::move(a)), stream_socket(std::move(b))};
}

session_settings side(const std::string& node, bool dialler, const std::string& secret) {
    session_settings s;
    s.own = {"here", node, 1, 100, {}};
    for (char c : secret) s.own.secret.push_back(std::byte(c));
    s.dialler = dialler;
    s.wanted = dialler ? "b" : "";
    s.lane = wire::Lane::DATA;
    s.nonce.fill(std::byte(dialler ? 1 : 2));
    s.admit = [](const link_peer&) { return result<void>(); };
    return s;
}

struct end {
    std::shared_ptr<connection> link;
    bool opened = false;
    std::vector<frame> got;
    std::vector<std::string> closed;
};

struct two_ends {
    explicit two_ends(kind k, const std::string& secret_of_b = "secret") {
        auto [s, t] = connected(context, k);
        make(a, std::move(s), side("a", true, "secret"));
        make(b, std::move(t), side("b", false, secret_of_b));
        a.link->begin();
        b.link->begin();
    }

    ~two_ends() {
        for (auto* e : {&a, &b}) e->link->close("");
        context.run_for(std::chrono::milliseconds(100));
    }

    void make(end& e, stream_socket socket, session_settings s) {
        connection::events told;
        told.opened = [&e] { e.opened = true; };
        told.arrived = [&e](const frame& f) { e.got.push_back(f); };
        told.closed = [&e](const std::string& why) { e.closed.push_back(why); };
        e.link = std::make_shared<connection>(context, clock, turns,
                                              make_socket_stream(std::move(socket)), std::move(s),
                                              memory, std::move(told));
    }

    template <class Enough>
    void until(Enough enough) {
        const auto limit = std::chrono::steady_clock::now() + patience;
        while (!enough()) {
            REQUIRE(std::chrono::steady_clock::now() < limit);
            context.run_one_until(limit);
        }
    }

    void open() {
        until([&] { return a.opened && b.opened; });
    }

    asio::io_context context;
    hand_clock clock;
    write_turns turns;
    buffer_source memory = make_receive_pool(64 << 20);
    end a;
    end b;
};

frame sized_push(std::size_t bytes, unsigned first) {
    const auto data = samples::payload(bytes, first);
    return samples::push(std::span(data->data(), bytes), data);
}

}  // namespace

TEST_CASE("frames of every size arrive as they were sent, in order", "[connection]") {
    const auto k = GENERATE(kind::unix_socket, kind::tcp);
    two_ends both(k);
    both.open();
    std::vector<frame> sent;
    for (std::size_t bytes : {0, 1, 64, 4'000, 5'000, 300'000, 9'000'000, 17})
        sent.push_back(sized_push(bytes, static_cast<unsigned>(bytes % 200)));
    for (const auto& s : samples::version_1())
        if (s.name != "hello" && s.name != "proof" && s.name != "goodbye" && s.name != "ping")
            sent.push_back(s.frame);
    for (const auto& f : sent) both.a.link->send(f);
    both.until([&] { return both.b.got.size() == sent.size(); });
    for (std::size_t i = 0; i < sent.size(); ++i)
        CHECK(samples::text(both.b.got[i]) == samples::text(sent[i]));
    CHECK(both.b.closed.empty());
}

TEST_CASE("a steady push is copied nowhere and takes one system call a side", "[connection]") {
    const std::size_t bytes = GENERATE(1'024, 65'536, 1 << 20);
    INFO(bytes << " bytes");
    two_ends both(kind::unix_socket);
    both.open();
    constexpr std::size_t pushes = 50;
    const auto once = [&](std::size_t n) {
        both.a.link->send(sized_push(bytes, static_cast<unsigned>(n)));
        both.until([&] { return both.b.got.size() == n; });
    };
    for (std::size_t n = 1; n <= 4; ++n) once(n);  // lengths are foreseen from now on
    const auto sender = both.a.link->counters();
    const auto receiver = both.b.link->counters();
    for (std::size_t n = 5; n < 5 + pushes; ++n) once(n);
    const auto writes = both.a.link->counters().writes - sender.writes;
    const auto reads = both.b.link->counters().reads - receiver.reads;
    CHECK(both.b.link->counters().copied_bytes == receiver.copied_bytes);
    CHECK(both.a.link->counters().frames_sent - sender.frames_sent == pushes);
    CHECK(writes == pushes);
    CHECK(reads == pushes);
    // The sender's buffer itself is what was written: a frame refers to it.
    CHECK(both.a.link->counters().bytes_sent - sender.bytes_sent > pushes * bytes);
}

TEST_CASE("the small frames of a turn share system calls, and are written at its end",
          "[connection]") {
    two_ends both(kind::unix_socket);
    both.open();
    const auto before = both.a.link->counters();
    const auto written = [&] { return both.a.link->counters().writes - before.writes; };
    {
        const write_turns::turn outer(both.turns);
        {
            const write_turns::turn inner(both.turns);
            for (unsigned n = 0; n < 1'000; ++n) both.a.link->send(sized_push(8, n));
        }
        CHECK(written() == 0);
    }
    CHECK(written() > 0);
    both.until([&] { return both.b.got.size() == 1'000; });
    CHECK(written() < 100);
}

TEST_CASE("a frame that still waits is not queued twice", "[connection]") {
    two_ends both(kind::unix_socket);
    both.open();
    const auto large = sized_push(40 << 20, 1);  // more than the kernel takes at once
    const auto again = sized_push(64, 2);
    both.a.link->send(large);
    for (int i = 0; i < 10; ++i) {
        both.a.link->send(again);
        both.a.link->send(large);
    }
    const auto last = sized_push(64, 3);
    both.a.link->send(last);
    both.until([&] { return both.b.got.size() == 3; });
    CHECK(samples::text(both.b.got[1]) == samples::text(again));
    CHECK(samples::text(both.b.got[2]) == samples::text(last));
}

TEST_CASE("a queue has a bound, and what is over it vanishes", "[connection]") {
    two_ends both(kind::unix_socket);
    both.open();
    both.a.link->send(sized_push(40 << 20, 1));
    for (std::size_t n = 0; n < queue_frames_max + 100; ++n)
        both.a.link->send(sized_push(8, static_cast<unsigned>(n)));
    const auto lost = both.a.link->counters().overflowed;
    CHECK(lost >= 100);
    both.until([&] { return both.b.got.size() == 1 + queue_frames_max + 100 - lost; });
}

TEST_CASE("another secret ends both sides, and both are told why", "[connection]") {
    two_ends both(kind::unix_socket, "other");
    both.until([&] { return !both.a.closed.empty() && !both.b.closed.empty(); });
    CHECK(both.a.closed.size() == 1);
    CHECK(both.b.closed.size() == 1);
    CHECK(both.a.closed[0].find("secrets") != std::string::npos);
    CHECK(!both.a.opened);
    CHECK(!both.b.opened);
}

TEST_CASE("silence ends a connection, and the other side hears of it", "[connection]") {
    two_ends both(kind::tcp);
    both.open();
    for (int beat = 0; beat < 20 && both.a.closed.empty(); ++beat) {
        both.clock.now += 100;
        both.a.link->tick();  // b does not tick: it pings nobody
        both.context.poll();
    }
    REQUIRE(both.a.closed.size() == 1);
    CHECK(both.a.closed[0].find("nothing was heard of node b") != std::string::npos);
    both.until([&] { return !both.b.closed.empty(); });
    CHECK(both.b.closed[0].find("node a says: nothing was heard") != std::string::npos);
}

TEST_CASE("bytes that are no frame end the connection", "[connection]") {
    asio::io_context context;
    auto [raw, socket] = connected(context, kind::unix_socket);
    hand_clock clock;
    write_turns turns;
    end e;
    connection::events told;
    told.opened = [] {};
    told.arrived = [](const frame&) {};
    told.closed = [&e](const std::string& why) { e.closed.push_back(why); };
    e.link =
        std::make_shared<connection>(context, clock, turns, make_socket_stream(std::move(socket)),
                                     side("b", false, "secret"), heap_buffer, told);
    e.link->begin();
    const std::string text = "GET / HTTP/1.1\r\nHost: slackline\r\n\r\n";
    raw.send(asio::buffer(text));
    const auto limit = std::chrono::steady_clock::now() + patience;
    while (e.closed.empty() && std::chrono::steady_clock::now() < limit)
        context.run_one_until(limit);
    REQUIRE(e.closed.size() == 1);
    CHECK(e.closed[0].find("no frame of Slackline") != std::string::npos);
}

TEST_CASE("a pool gives memory again, and not for what is much smaller", "[connection]") {
    const auto source = make_receive_pool(1 << 20);
    auto first = source(100'000);
    const auto* at = first.get();
    first.reset();
    auto again = source(90'000);
    CHECK(again.get() == at);
    auto other = source(90'000);
    CHECK(other.get() != at);
    again.reset();
    CHECK(source(1'000).get() != at);
    CHECK(source(100'000).get() == at);  // it kept its whole length
    auto large = source(2 << 20);        // more than is kept
    CHECK(large != nullptr);
}
