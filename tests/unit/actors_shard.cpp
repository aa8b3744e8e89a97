// The shard's core, message by message: what it takes, refuses, keeps and forgets.
#include <fmt/format.h>

#include "actors/shard.hpp"
#include "actors/shard_frames.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

constexpr std::uint64_t run = 7;
constexpr std::uint64_t era = 3;

/// One shard of a model with one tensor [4] and one table of width 2, with SGD.
struct bench {
    bench() : map(std::make_shared<shard_map>(layout(), 1)), core(settings(), map) {
        begin(era, {});
    }

    static model_layout layout() {
        return {{{"w", {4}, {init_kind::zero, 0}}}, {{"rows", 2, {init_kind::zero, 0}}}};
    }
    static shard_settings settings() {
        shard_settings s;
        s.run = run;
        s.incarnation = 1;
        s.staleness = 2;
        s.parameter_buffers = 2;
        s.slices_max = 3;
        return s;
    }

    void give(frame_builder& b) {
        out.clear();
        const frame f = b.finish();
        frame_reader reader(f);
        core.handle(f, reader.root(), 0, out);
    }
    frame_builder message(role from, std::uint64_t of_era = era) const {
        return {{from, 0}, {role::SHARD, 0}, run, of_era};
    }

    void begin(std::uint64_t of_era, const ledger_state& from) {
        auto b = message(role::COORDINATOR, of_era);
        auto r = b.root().initRestore();
        r.setInitial(true);
        r.setCount(from.count);
        write(r.initLedger(), from);
        give(b);
    }

    struct push_spec {
        item_id item = 0;
        std::uint64_t attempt = 1;
        std::uint64_t base = 0;
        std::uint64_t incarnation = 5;
        std::size_t floats = 16;
        std::vector<std::uint64_t> withdrawn = {};
        std::uint64_t of_era = era;
        float value = 1;
    };
    void push(const push_spec& s) {
        auto b = message(role::WORKER, s.of_era);
        auto p = b.root().initPush();
        p.setItem(s.item);
        p.setAttempt(s.attempt);
        p.setBase(s.base);
        p.setIncarnation(s.incarnation);
        auto w = p.initWithdrawn(static_cast<unsigned>(s.withdrawn.size()));
        for (unsigned i = 0; i < w.size(); ++i) w.set(i, s.withdrawn[i]);
        auto gradient = std::make_shared<std::vector<float>>(s.floats, s.value);
        attach_floats(
            b, [&](unsigned n) { return p.initDense(n); }, gradient->data(), s.floats, gradient);
        p.initTables(1);
        give(b);
    }
    void pull(std::uint64_t floor) {
        auto b = message(role::WORKER);
        auto p = b.root().initPull();
        p.setFloor(floor);
        p.initTables(1);
        give(b);
    }
    template <class... Entries>
    void order(std::uint64_t first, const Entries&... entries) {
        auto b = message(role::SEQUENCER);
        auto r = b.root().initRecords();
        r.setFirst(first);
        auto list = r.initRecords(sizeof...(entries));
        unsigned i = 0;
        (write(list[i++], stream_entry(entries)), ...);
        give(b);
    }
    static apply_record applied(std::uint64_t count, item_id item, std::uint64_t base = 0,
                                std::uint64_t attempt = 1) {
        return {count, {{item, base, {0, 5}, 1, attempt}}, 1, {0.5f, 1, 1}};
    }

    /// The first answer of a kind, as `read` makes it.
    template <class Read>
    auto answer(wire::Message::Which kind, Read read) const
        -> std::optional<decltype(read(std::declval<wire::Message::Reader>()))> {
        for (const auto& o : out) {
            frame_reader reader(o.frame);
            if (reader.root().which() == kind) return read(reader.root());
        }
        return std::nullopt;
    }
    bool landed() const {
        return answer(wire::Message::LANDED, [](auto) { return true; }).has_value();
    }
    std::optional<wire::Refusal> refused() const {
        return answer(wire::Message::REFUSED, [](auto m) { return m.getRefused().getWhy(); });
    }
    std::optional<std::uint64_t> pulled_count() const {
        return answer(wire::Message::PULLED, [](auto m) { return m.getPulled().getCount(); });
    }
    std::optional<float> pulled_value() const {
        return answer(wire::Message::PULLED, [](auto m) {
            return reinterpret_cast<const float*>(m.getPulled().getDense()[0].begin())[0];
        });
    }

    std::shared_ptr<const shard_map> map;
    shard core;
    outbox out;
};

}  // namespace

TEST_CASE("a push lands once and is applied where the order names it", "[shard]") {
    bench s;
    s.push({.item = 4, .value = 2});
    CHECK(s.landed());
    s.push({.item = 4, .value = 100});  // sent again: the first one counts
    CHECK(s.landed());
    s.order(0, bench::applied(1, 4));
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    CHECK(s.pulled_value() == -1.0f);  // 0 - 0.5 * 2
}

TEST_CASE("a refused push changes nothing and says why", "[shard]") {
    bench s;
    s.push({.of_era = era - 1});
    CHECK(s.refused() == wire::Refusal::ERA);
    s.push({.of_era = era + 1});
    CHECK(s.refused() == wire::Refusal::NOT_READY);
    s.push({.floats = 15});
    CHECK(s.refused() == wire::Refusal::MALFORMED);
    s.push({.floats = 32});
    CHECK(s.refused() == wire::Refusal::MALFORMED);
    s.order(0, fence{{0, 5}, {}});
    s.push({.incarnation = 5});
    CHECK(s.refused() == wire::Refusal::FENCED);
    s.push({.incarnation = 4});
    CHECK(s.refused() == wire::Refusal::FENCED);
    s.push({.incarnation = 6});
    CHECK(s.landed());
    CHECK_THROWS(s.order(1, bench::applied(1, 0)));  // none of incarnation 5 is here
}

TEST_CASE("slices held for a worker are bounded, and freed by all that ends them", "[shard]") {
    bench s;
    const auto full = [&](item_id next) {
        s.push({.item = next});
        return s.refused() == wire::Refusal::FULL;
    };
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    REQUIRE(full(3));
    SECTION("an apply") {
        s.order(0, bench::applied(1, 1));
    }
    SECTION("a skip") {
        s.order(0, skip_record{1, "poison"});
    }
    SECTION("a drop") {
        s.order(0, drop{{0, 5}, 1, 1});
    }
    SECTION("a fence") {
        s.order(0, fence{{0, 5}, {0, 2}});
        s.push({.item = 3, .incarnation = 6});
        CHECK(s.landed());
        s.push({.item = 4, .incarnation = 6});
        CHECK(s.refused() == wire::Refusal::FULL);
        return;
    }
    SECTION("a withdrawal") {
        s.push({.item = 1, .attempt = 2, .withdrawn = {1}});
        CHECK(s.landed());  // attempt 1 of items 0, 1 and 2 has gone
        s.push({.item = 2, .attempt = 2});
        CHECK(s.landed());
    }
    CHECK_FALSE(full(3));
}

TEST_CASE("a drop of another attempt keeps the one that counts", "[shard]") {
    bench s;
    s.push({.item = 1, .attempt = 1, .value = 4});
    s.push({.item = 1, .attempt = 2, .value = 8});
    s.order(0, drop{{0, 5}, 1, 1}, bench::applied(1, 1, 0, 2));
    s.pull(1);
    CHECK(s.pulled_value() == -4.0f);
}

TEST_CASE("a push for an item that is closed is answered and not kept", "[shard]") {
    bench s;
    ledger_state before;
    before.watermark = 10;
    before.applied_above = {12};
    before.skipped_above = {14};
    before.applied = 11;
    before.skipped = 1;
    s.begin(era + 1, before);
    const auto landed = [&](item_id item) {
        s.push({.item = item, .of_era = era + 1});
        return s.landed();
    };
    for (const item_id closed : {9, 12, 14, 0, 5}) CHECK(landed(closed));  // more than slices_max
    for (const item_id open : {10, 11, 13}) CHECK(landed(open));
    CHECK_FALSE(landed(15));
}

TEST_CASE("a pull waits for its floor", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.pull(1);
    CHECK(s.out.empty());
    s.order(0, bench::applied(1, 0));
    CHECK(s.pulled_count() == 1);
}

TEST_CASE("records out of turn wait to be sent again; repeated ones do nothing", "[shard]") {
    bench s;
    s.push({.item = 0});
    s.push({.item = 1});
    const auto held = [&] {
        return s.answer(wire::Message::RECORDS_HELD,
                        [](auto m) { return m.getRecordsHeld().getNext(); });
    };
    s.order(1, bench::applied(2, 1, 1));
    CHECK(held() == 0);
    s.order(0, bench::applied(1, 0));
    CHECK(held() == 1);
    s.order(0, bench::applied(1, 0), bench::applied(2, 1, 0));
    CHECK(held() == 2);
    s.pull(2);
    CHECK(s.pulled_value() == -1.0f);
}

TEST_CASE("without a free version buffer the order waits, and goes on when one returns",
          "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.pull(0);
    outbox pulled_0 = s.out;  // holds the buffer of count 0
    s.order(0, bench::applied(1, 0));
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    s.order(1, bench::applied(2, 1));  // both buffers are held: count 0 by the pull, 1 is current
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    s.out.clear();
    pulled_0.clear();
    s.core.tick(0, s.out);
    s.pull(2);
    CHECK(s.pulled_count() == 2);
}

TEST_CASE("the order is checked again by the shard", "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.order(0, bench::applied(1, 0));
    CHECK_THROWS(s.order(1, bench::applied(3, 1)));  // a count is missing
}

TEST_CASE("a gradient over the bound is never applied", "[shard]") {
    bench s;
    for (item_id i = 0; i < 3; ++i) s.push({.item = i});
    s.order(0, bench::applied(1, 0));
    s.order(1, bench::applied(2, 1));
    s.push({.item = 3});
    s.push({.item = 4});
    s.order(2, bench::applied(3, 2));
    CHECK_THROWS(s.order(3, bench::applied(4, 3)));  // base 0 at count 3, bound 2
}

TEST_CASE("an era that is older, or was begun, is not begun again", "[shard]") {
    bench s;
    s.push({.item = 0, .value = 2});
    s.order(0, bench::applied(1, 0));
    s.begin(era, {});
    s.begin(era - 1, {});
    s.pull(1);
    CHECK(s.pulled_count() == 1);
    s.begin(era + 1, {});
    s.pull(0);
    CHECK(s.refused() == wire::Refusal::ERA);
}
