// How two sides of a connection come to know each other, and learn that one is gone.
#include <memory>

#include "cluster/link/link_session.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

link_identity identity(const std::string& node, const std::string& secret = "a secret") {
    link_identity id;
    id.cluster = "here";
    id.node = node;
    id.incarnation = 7;
    id.heartbeat_ms = 100;
    for (char c : secret) id.secret.push_back(std::byte(c));
    return id;
}

session_settings side(const std::string& node, bool dialler, unsigned nonce) {
    session_settings s;
    s.own = identity(node);
    s.dialler = dialler;
    s.lane = wire::Lane::DATA;
    s.nonce.fill(std::byte(nonce));
    if (dialler) s.wanted = "b";
    s.admit = [](const link_peer&) { return result<void>(); };
    return s;
}

/// Two sessions whose frames reach each other until both are silent.
struct pair {
    explicit pair(session_settings first = side("a", true, 1),
                  session_settings second = side("b", false, 2))
        : a(std::move(first)), b(std::move(second)) {}

    void talk(std::int64_t now_ms = 0) {
        a.begin(now_ms);
        b.begin(now_ms);
        for (bool some = true; some && error.empty();) {
            some = carry(a, b, now_ms) || carry(b, a, now_ms);
        }
    }

    bool carry(link_session& from, link_session& to, std::int64_t now_ms) {
        const auto frames = from.outgoing();
        for (const auto& f : frames) {
            sent.push_back(f);
            to.heard(f.size_bytes(), now_ms);
            if (const auto r = to.take(f); !r) error = r.error().sentence;
        }
        return !frames.empty();
    }

    link_session a;
    link_session b;
    std::vector<frame> sent;
    std::string error;
};

bool tells(const std::string& sentence, const std::string& part) {
    INFO(sentence << " | " << part);
    return sentence.find(part) != std::string::npos;
}

frame any_push() {
    frame_builder b({role::WORKER, 0}, {role::SHARD, 0}, 1, 1);
    b.root().initPush();
    return b.finish();
}

}  // namespace

TEST_CASE("two nodes with one secret know each other", "[link]") {
    pair p;
    p.talk();
    CHECK(p.error == "");
    REQUIRE(p.a.open());
    REQUIRE(p.b.open());
    CHECK(p.a.peer().node == "b");
    CHECK(p.b.peer().node == "a");
    CHECK(p.b.peer().incarnation == 7);
    CHECK(p.b.peer().lane == wire::Lane::DATA);
    CHECK(p.sent.size() == 5);  // two hellos, two proofs, a ping
    const auto f = any_push();
    CHECK(p.b.take(f).value());
}

TEST_CASE("a side that has another secret is refused by the other, whoever it is", "[link]") {
    auto wrong = side("a", true, 1);
    wrong.own = identity("a", "another");
    pair p(std::move(wrong));
    p.talk();
    CHECK(tells(p.error, "secrets"));
    CHECK(!p.a.open());
    CHECK(!p.b.open());
}

TEST_CASE("an acceptor that does not know the secret is not believed", "[link]") {
    pair p;
    p.a.begin(0);
    p.b.begin(0);
    p.carry(p.a, p.b, 0);
    p.carry(p.b, p.a, 0);
    static_cast<void>(p.a.outgoing());  // its proof goes nowhere
    frame_builder b({role::NODE, 0}, {role::NODE, 0}, 0, 0);
    b.root().initProof().initMac(32);
    const auto forged = b.finish();
    CHECK(!p.a.take(forged));
    CHECK(!p.a.open());
}

TEST_CASE("a proof that was overheard proves nothing later, nor for the other side", "[link]") {
    pair first;
    first.talk();
    frame dialler_proof = first.sent[2];
    REQUIRE(frame_reader(dialler_proof).root().isProof());
    SECTION("to the same acceptor with a fresh nonce") {
        pair later(side("a", true, 1), side("b", false, 3));
        later.a.begin(0);
        later.carry(later.a, later.b, 0);
        CHECK(!later.b.take(dialler_proof));
        CHECK(!later.b.open());
    }
    SECTION("back to the dialler that made it") {
        pair later(side("a", true, 1), side("b", false, 2));
        later.a.begin(0);
        later.carry(later.a, later.b, 0);
        later.carry(later.b, later.a, 0);
        CHECK(!later.a.take(dialler_proof));
        CHECK(!later.a.open());
    }
}

TEST_CASE("what does not belong together is told apart, with a sentence", "[link]") {
    auto a = side("a", true, 1);
    auto b = side("b", false, 2);
    std::string told;
    SECTION("another cluster") {
        b.own.cluster = "there";
        told = "cluster";
    }
    SECTION("another node at that address") {
        b.own.node = "c";
        told = "node c and not node b";
    }
    SECTION("a peer that is not let in") {
        b.admit = [](const link_peer& p) -> result<void> {
            return fail(failure_code::refused, "no " + p.node);
        };
        told = "no a";
    }
    pair p(std::move(a), std::move(b));
    p.talk();
    CHECK(tells(p.error, told));
    CHECK(!p.a.open());
    CHECK(!p.b.open());
}

TEST_CASE("nobody is listened to before the proof", "[link]") {
    link_session b(side("b", false, 2));
    b.begin(0);
    const auto f = any_push();
    const auto r = b.take(f);
    REQUIRE(!r);
    CHECK(tells(r.error().sentence, "before it has proved"));
    CHECK(b.limits(false).body_bytes_max < 65'536);
    b.heard(70'000, 0);
    frame_builder hello({role::NODE, 0}, {role::NODE, 0}, 0, 0);
    hello.root().initHello();
    const auto h = hello.finish();
    CHECK(tells(b.take(h).error().sentence, "70000 bytes"));
}

TEST_CASE("a peer that does not prove within two seconds is over", "[link]") {
    link_session b(side("b", false, 2));
    b.begin(0);
    for (std::int64_t now = 100; now <= 2'000; now += 100) CHECK(b.tick(now));
    const auto r = b.tick(2'100);
    REQUIRE(!r);
    CHECK(tells(r.error().sentence, "within 2 s"));
}

TEST_CASE("a peer is over after five beats of silence, and not before", "[link]") {
    pair p;
    p.talk();
    for (std::int64_t now = 100; now <= 500; now += 100) {
        REQUIRE(p.a.tick(now));
        CHECK(p.a.outgoing().size() == 1);  // a ping each
    }
    const auto r = p.a.tick(600);
    REQUIRE(!r);
    CHECK(tells(r.error().sentence, "node b for 0.6 s"));
    CHECK(tells(r.error().sentence, "data connection"));
}

TEST_CASE("whatever comes is a sign of life", "[link]") {
    pair p;
    p.talk();
    for (std::int64_t now = 100; now <= 5'000; now += 100) {
        if (now % 400 == 0) p.a.heard(1, now);
        REQUIRE(p.a.tick(now));
    }
}

TEST_CASE("who was late itself judges nobody", "[link]") {
    pair p;
    p.talk();
    REQUIRE(p.a.tick(100));
    REQUIRE(p.a.tick(9'000));  // it was stopped
    for (std::int64_t now = 9'100; now <= 9'500; now += 100) REQUIRE(p.a.tick(now));
    CHECK(!p.a.tick(9'600));
}

TEST_CASE("a goodbye ends the connection with its sentence", "[link]") {
    pair p;
    p.talk();
    const auto f = make_goodbye("I am asked to end");
    const auto r = p.b.take(f);
    REQUIRE(!r);
    CHECK(tells(r.error().sentence, "node a says: I am asked to end"));
}
