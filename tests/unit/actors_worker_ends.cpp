// How an item of a worker ends before its time: cancelled, refused, poisoned, fenced; and what
// memory it leaves to others.
#include <algorithm>

#include "tests/catch.hpp"
#include "tests/unit/worker_bench.hpp"

using namespace slackline;
using bench = worker_bench;
using items = std::vector<item_id>;

TEST_CASE("a cancel ends its lease and those before, none after", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.pull_all(6, 1);
    s.cancel(6, 1);
    CHECK(s.open() == items{6});
    s.cancel(7, 2);
    CHECK(s.open() == items{6});
    s.cancel(6, 3);
    CHECK(s.open().empty());
    CHECK(*s.device.jobs[0]->cancelled);
    s.computed_is(1);
    CHECK(s.out.empty());
    s.grant(6, 2);
    CHECK(s.out.empty());  // a late grant of the lease that is over
    s.grant(6, 4);
    CHECK(s.sent(wire::Message::PULL) == 2);
}

TEST_CASE("the leases of an era are numbered anew: those of the one before are forgotten",
          "[worker]") {
    bench s;
    s.grant(6, 1);
    s.cancel(6, 1);
    s.start(bench::era + 1);
    s.grant(6, 1, 0, {}, bench::era + 1);
    CHECK(s.sent(wire::Message::PULL) == 2);
}

TEST_CASE("a fenced worker gives up what it has and joins in a new life", "[worker]") {
    bench s;
    const auto before = s.lives.last;
    s.bring_to_push(4, 1, 1);
    s.cancel(4, 1);
    s.bring_to_push(5, 2, 2);
    s.grant(6, 3);
    s.pull_all(6, 3);
    SECTION("by the sequencer") {
        s.outcome(0, answer::fenced, 0);
    }
    SECTION("by a shard") {
        s.refused(6, wire::Refusal::FENCED);
    }
    CHECK(s.joined() == before + 1);
    CHECK(*s.device.jobs[2]->cancelled);
    s.computed_is(3);
    CHECK(s.out.empty());
    CHECK(s.open().empty());
    s.bring_to_push(6, 4, 4);
    CHECK(s.sent(wire::Message::PUSH) == 2);
    CHECK(s.withdrawn().empty());  // the former life's attempts went with it
}

TEST_CASE("an attempt that ends between push and commit is withdrawn with the next push",
          "[worker]") {
    bench s;
    s.bring_to_push(5, 1, 1);
    SECTION("cancelled") {
        s.cancel(5, 1);
    }
    SECTION("closed by another's commit") {
        s.outcome(5, answer::duplicate, 1);
    }
    SECTION("refused by a shard") {
        s.refused(5, GENERATE(wire::Refusal::MALFORMED, wire::Refusal::POISON));
        CHECK(s.failed() == "other shapes");
    }
    s.bring_to_push(6, 2, 2);
    CHECK(s.withdrawn() == std::vector<std::uint64_t>{1});
}

TEST_CASE("an attempt that landed nowhere, or was committed, is not withdrawn", "[worker]") {
    bench s;
    s.grant(5, 1);
    s.cancel(5, 1);
    s.grant(5, 2);
    s.pull_all(5, 2);
    s.cancel(5, 2);
    s.bring_to_commit(6, 3, 3);
    s.outcome(6, answer::first, 3);
    s.bring_to_push(7, 4, 4);
    CHECK(s.withdrawn().empty());
}

TEST_CASE("a worker remembers a bounded number of attempts and leases", "[worker]") {
    bench s;
    for (std::uint64_t n = 1; n <= 40; ++n) {
        s.bring_to_push(n, n, n);
        s.cancel(n, n);
        s.device.jobs.clear();
    }
    s.bring_to_push(50, 50, 41);
    const auto all = s.withdrawn();
    REQUIRE(all.size() == 32);
    CHECK(all.front() == 9);
    CHECK(all.back() == 40);
}

TEST_CASE("poison is told with its cause, and the item given up", "[worker]") {
    bench s;
    SECTION("data that throw") {
        s.data.broken = "sample 3 is empty";
        s.grant(6, 2);
        CHECK(s.failed() == "sample 3 is empty");
    }
    SECTION("a gradient that throws") {
        s.grant(6, 2);
        s.pull_all(6, 1);
        s.computed_is(1, 0, 0, "it threw");
        CHECK(s.failed() == "it threw");
    }
    SECTION("a loss or a gradient that is not finite") {
        constexpr double inf = std::numeric_limits<double>::infinity();
        constexpr double nan = std::numeric_limits<double>::quiet_NaN();
        const auto [loss, norm] = GENERATE_COPY(std::pair(nan, 1.0), std::pair(-inf, 1.0),
                                                std::pair(1.0, nan), std::pair(1.0, inf));
        s.grant(6, 2);
        s.pull_all(6, 1);
        s.computed_is(1, loss, norm);
        CHECK(s.failed() == (std::isfinite(loss) ? "its gradient is not finite"
                                                 : fmt::format("its loss is {}", loss)));
    }
    CHECK(s.first(wire::Message::FAILED, [](auto m) { return m.getFailed().getLease(); }) == 2u);
    CHECK(s.sent(wire::Message::PUSH) == 0);
    CHECK(s.open().empty());
    s.data.broken.clear();
    s.grant(6, 3);
    CHECK(s.sent(wire::Message::PULL) == 2);
}

TEST_CASE("a gradient that is longer than the run allows is not pushed", "[worker][poison]") {
    bench s(8, 2);
    s.grant(6, 2);
    s.pull_all(6, 1);
    s.computed_is(1, 0.5, 4);
    CHECK(s.sent(wire::Message::PUSH) == 2);
    s.grant(7, 3);
    s.pull_all(7, 2);
    s.computed_is(2, 0.5, 4.01);
    CHECK(s.sent(wire::Message::PUSH) == 0);
    CHECK(s.failed() == "its gradient's norm is 2.002 and run.gradient_norm_max is 2");
}

TEST_CASE("a cause without an end is told by its beginning", "[worker]") {
    bench s;
    s.data.broken = std::string(10'000'000, 'x');
    s.grant(6, 2);
    CHECK(s.failed() == std::string(497, 'x') + "...");
}

TEST_CASE("slices of another model are not computed on", "[worker]") {
    bench s;
    s.grant(6, 2);
    bench::pulled_spec other{.item = 6};
    SECTION("a dense slice that is shorter or longer") {
        other.floats_more = GENERATE(-16, 16);
    }
    SECTION("tables absent or over") {
        other.tables = GENERATE(0u, 2u);
    }
    SECTION("rows of another width") {
        other.bytes_more = 8;
    }
    s.pulled(1, other);
    REQUIRE(s.failed());
    CHECK(s.failed()->find("shard 1 answers with other shapes") == 0);
    CHECK(s.open().empty());
}

TEST_CASE("refusals that pass are waited out; one about an item that is over says nothing",
          "[worker]") {
    bench s;
    s.bring_to_push(6, 2, 1);
    for (const auto why : {wire::Refusal::ERA, wire::Refusal::NOT_READY, wire::Refusal::FULL}) {
        s.refused(6, why);
        CHECK(s.out.empty());
    }
    for (const auto why : {wire::Refusal::MALFORMED, wire::Refusal::POISON}) {
        s.refused(7, why);
        CHECK(s.out.empty());
        s.refused(6, why, s.lives.last - 1);
        CHECK(s.out.empty());
        s.refused(6, why, {}, bench::era, 2);  // another attempt's
        CHECK(s.out.empty());
    }
    CHECK(s.open() == items{6});
    s.tick(s.now_ms + 1'000);
    CHECK(s.sent(wire::Message::PUSH) == 2);
}

TEST_CASE("an item waits for gradient buffers and goes on when they are back", "[worker]") {
    bench s(1);
    s.grant(5, 1);
    s.grant(6, 2);
    s.pull_all(5, 1);
    s.pull_all(6, 2);
    REQUIRE(s.device.jobs.size() == 1);
    s.device.jobs.clear();
    s.computed_is(1);
    SECTION("from the shards, by the next beat") {
        s.landed(0, 5, 1);
        s.landed(1, 5, 1);
        CHECK(s.device.jobs.empty());
        s.tick(10);
    }
    SECTION("from an item that was closed") {
        s.out.clear();
        s.cancel(5, 1);
    }
    REQUIRE(s.device.jobs.size() == 1);
    CHECK(s.device.jobs[0]->item == 6);
}

TEST_CASE("an item that waits goes on at the latest with the device's next answer", "[worker]") {
    bench s(2);
    s.bring_to_push(4, 1, 1);
    outbox held = s.out;  // by the shards
    s.grant(5, 2);
    s.pull_all(5, 2);
    s.cancel(4, 1);
    s.grant(6, 3);
    s.pull_all(6, 3);
    s.device.jobs.clear();
    held.clear();
    s.computed_is(2);
    REQUIRE(s.device.jobs.size() == 1);
    CHECK(s.device.jobs[0]->item == 6);
}

TEST_CASE("an item that has its gradient holds no version buffer of a shard", "[worker]") {
    bench s;
    s.grant(6, 2);
    s.pull_all(6, 1);
    s.device.jobs.clear();
    s.out.clear();
    CHECK_FALSE(s.pulled_memory.expired());
    s.computed_is(1);
    CHECK(s.pulled_memory.expired());
}

TEST_CASE("a committed item holds no gradient buffer of its own", "[worker]") {
    bench s(1);
    s.bring_to_commit(5, 1, 1);
    s.device.jobs.clear();
    s.out.clear();
    s.grant(6, 2);
    s.pull_all(6, 2);
    CHECK(s.device.jobs.size() == 1);
}

TEST_CASE("the gaps of a pushed slice are zero, whatever the buffer held before", "[worker]") {
    bench s(1);
    s.grant(5, 1);
    s.pull_all(5, 1);
    const auto& segments = s.device.jobs[0]->into.tensors[0].segments;
    REQUIRE(segments.size() == 2);
    for (std::uint32_t shard = 0; shard < 2; ++shard)
        std::fill_n(segments[shard].data, s.map->slice_floats(shard), 8.0f);
    s.device.jobs.clear();
    s.cancel(5, 1);
    s.bring_to_push(6, 2, 2);
    for (const auto& o : s.out) {
        frame_reader reader(o.frame);
        std::vector<float> slice(s.map->slice_floats(o.to.index));
        REQUIRE(read_floats(reader.root().getPush().getDense(), slice));
        const auto& range = s.map->ranges(o.to.index)[0];
        REQUIRE(slice.size() > range.floats);
        CHECK(std::count(slice.begin() + std::ptrdiff_t(range.floats), slice.end(), 0.0f) ==
              std::ptrdiff_t(slice.size() - range.floats));
    }
}
