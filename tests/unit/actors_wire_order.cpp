// What is written into a frame is what is read from it, field by field: every number differs.
#include "actors/wire_order.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

stream_entry there_and_back(const stream_entry& entry) {
    frame_builder b({role::SEQUENCER, 0}, {role::SHARD, 0}, 1, 1);
    write(b.root().initRecords().initRecords(1)[0], entry);
    const frame f = b.finish();
    frame_reader reader(f);
    return read(reader.root().getRecords().getRecords()[0]);
}

}  // namespace

TEST_CASE("an apply comes back as it was written") {
    const apply_record r{
        11, {{12, 13, {14, 15}, 0.5f, 16}, {17, 18, {19, 20}, 0.25f, 21}}, 3, {0.1f, 0.2f, 0.3f}};
    const auto back = std::get<apply_record>(there_and_back(r));
    CHECK(back.count == r.count);
    CHECK(back.items == r.items);
    CHECK(back.divisor == r.divisor);
    CHECK(back.scalars.learning_rate == r.scalars.learning_rate);
    CHECK(back.scalars.correction1 == r.scalars.correction1);
    CHECK(back.scalars.correction2 == r.scalars.correction2);
}

TEST_CASE("a skip, a fence and a drop come back as they were written") {
    const skip_record s{11, "it \"threw\""};
    CHECK(std::get<skip_record>(there_and_back(s)) == s);
    const fence f{{12, 13}, {14, 15, 16}};
    const auto fence_back = std::get<fence>(there_and_back(f));
    CHECK(fence_back.who == f.who);
    CHECK(fence_back.keep == f.keep);
    const drop d{{17, 18}, 19, 20};
    const auto drop_back = std::get<drop>(there_and_back(d));
    CHECK(drop_back.who == d.who);
    CHECK(drop_back.item == d.item);
    CHECK(drop_back.attempt == d.attempt);
}

TEST_CASE("a cut comes back with its purpose") {
    for (const cut_purpose p : {cut_purpose{true, false, false}, cut_purpose{false, true, false},
                                cut_purpose{false, false, true}}) {
        const auto back = std::get<cut_record>(there_and_back(cut_record{11, 12, p}));
        CHECK(back.cut == 11);
        CHECK(back.count == 12);
        CHECK(back.purpose == p);
    }
}

TEST_CASE("an account comes back with its history") {
    ledger_state l{11, {13, 15}, {14}, 21, 22, 23, 24, 25, {{12, 2}, {16, 1}}, {}};
    l.history = {{31, 32, 33}, 34, 35, 36, {{14, "it threw"}, {9, "too late"}}};
    frame_builder b({role::SEQUENCER, 0}, {role::CHECKPOINTER, 0}, 1, 1);
    write(b.root().initAccount().initLedger(), l);
    const frame f = b.finish();
    frame_reader reader(f);
    CHECK(read(reader.root().getAccount().getLedger()) == l);
}
