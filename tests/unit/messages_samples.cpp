#include "tests/unit/messages_samples.hpp"

#include <kj/string.h>

#include <stdexcept>

#include "messages/encode.hpp"
#include "tests/unit/messages_sample_parts.hpp"

namespace slackline::samples {

namespace {

void attach(frame_builder& b, auto init, std::size_t bytes, unsigned first) {
    auto data = payload(bytes, first);
    b.attach(init, std::span<const std::byte>(data->data(), bytes), data);
}

capnp::Orphan<capnp::Data> attach_one(frame_builder& b, std::size_t bytes, unsigned first) {
    auto data = payload(bytes, first);
    return b.attach_one(std::span<const std::byte>(data->data(), bytes), data);
}

void fill_pull(frame_builder& b) {
    auto m = b.root().initPull();
    m.setRequest(1);
    m.setIncarnation(2);
    m.setItem(3);
    m.setFloor(4);
    auto tables = m.initTables(2);
    numbers(tables.init(0, 3), 10);
    numbers(tables.init(1, 1), 20);
}

void fill_pulled(frame_builder& b) {
    auto m = b.root().initPulled();
    m.setRequest(1);
    m.setItem(2);
    m.setCount(3);
    attach(b, [&](unsigned n) { return m.initDense(n); }, 100, 7);
    auto tables = m.initTables(2);
    tables.adopt(0, attach_one(b, 24, 90));
    tables.adopt(1, attach_one(b, 8, 200));
}

void fill_push(frame_builder& b) {
    auto m = b.root().initPush();
    m.setIncarnation(5);
    m.setItem(6);
    m.setBase(7);
    attach(b, [&](unsigned n) { return m.initDense(n); }, 20, 1);
    auto table = m.initTables(1)[0];
    numbers(table.initIds(2), 30);
    table.adoptRows(attach_one(b, 16, 40));
    m.setAttempt(8);
    numbers(m.initWithdrawn(2), 260);
}

void fill_landed(frame_builder& b) {
    auto m = b.root().initLanded();
    m.setIncarnation(9);
    m.setItem(10);
    m.setAttempt(262);
}

void fill_refused(frame_builder& b) {
    auto m = b.root().initRefused();
    m.setIncarnation(2);
    m.setItem(3);
    m.setWhy(wire::Refusal::NOT_READY);
    m.setSentence("shard 2 is being restored: try again");
    m.setAttempt(4);
}

void fill_join(frame_builder& b) {
    b.root().initJoin().setIncarnation(11);
}

void fill_beat(frame_builder& b) {
    auto m = b.root().initBeat();
    m.setIncarnation(12);
    numbers(m.initOpen(3), 50);
}

void fill_grant(frame_builder& b) {
    auto m = b.root().initGrant();
    m.setIncarnation(13);
    m.setItem(14);
    m.setFloor(15);
    m.setLease(16);
}

void fill_commit(frame_builder& b) {
    auto m = b.root().initCommit();
    m.setIncarnation(17);
    m.setItem(18);
    m.setBase(19);
    m.setSquaredNorm(2.5);
    m.setComputeMs(21);
    m.setLoss(0.625);
    m.setAttempt(22);
    m.setLease(23);
}

void fill_outcome(frame_builder& b) {
    auto m = b.root().initOutcome();
    m.setIncarnation(24);
    m.setItem(25);
    m.setAnswer(wire::Answer::SKIPPED);
    m.setAttempt(263);
}

void fill_failed(frame_builder& b) {
    auto m = b.root().initFailed();
    m.setIncarnation(26);
    m.setItem(27);
    m.setCause("the loss of item 27 is not a number");
    m.setLease(264);
}

void fill_cancel(frame_builder& b) {
    auto m = b.root().initCancel();
    m.setIncarnation(28);
    m.setItem(29);
    m.setLease(30);
}

void fill_apply(wire::Apply::Builder apply) {
    apply.setCount(101);
    auto items = apply.initItems(2);
    for (unsigned i = 0; i < 2; ++i) {
        items[i].setItem(110 + i);
        items[i].setBase(100 - i);
        items[i].setWorker(i + 1);
        items[i].setIncarnation(120 + i);
        items[i].setClip(0.5f + i);
        items[i].setAttempt(122 + i);
    }
    apply.setDivisor(2.0f);
    apply.setLearningRate(0.125f);
    apply.setCorrection1(0.75f);
    apply.setCorrection2(0.875f);
}

void fill_records(frame_builder& b) {
    auto m = b.root().initRecords();
    m.setFirst(100);
    m.setIncarnation(129);
    auto records = m.initRecords(5);
    fill_apply(records[0].initApply());
    auto skip = records[1].initSkip();
    skip.setItem(130);
    skip.setCause("failed three times");
    fill(records[2].initCut());
    auto fence = records[3].initFence();
    fence.setWorker(4);
    fence.setIncarnation(140);
    numbers(fence.initKeep(2), 141);
    auto drop = records[4].initDrop();
    drop.setWorker(5);
    drop.setIncarnation(150);
    drop.setItem(151);
    drop.setAttempt(152);
}

void fill_records_held(frame_builder& b) {
    auto m = b.root().initRecordsHeld();
    m.setNext(160);
    m.setIncarnation(161);
    m.setSequencer(162);
    m.setTerm(163);
}

void fill_filling(wire::Filling::Builder m) {
    m.setTerm(330);
    m.setPosition(331);
    m.setCarried(332);
    auto fence = m.initFences(1)[0];
    fence.setWorker(333);
    fence.setIncarnation(334);
    numbers(fence.initKeep(1), 335);
}

void fill_table(frame_builder& b, wire::TablePart::Builder table) {
    numbers(table.initIds(2), 60);
    table.adoptRows(attach_one(b, 16, 61));
    auto state = table.initState(2);
    state.adopt(0, attach_one(b, 16, 81));
    state.adopt(1, attach_one(b, 16, 101));
}

void fill_restore(frame_builder& b) {
    auto m = b.root().initRestore();
    m.setCount(170);
    m.setInitial(true);
    attach(b, [&](unsigned n) { return m.initDense(n); }, 40, 3);
    auto state = m.initState(2);
    attach(b, [&](unsigned n) { return state.init(0, n); }, 40, 43);
    attach(b, [&](unsigned n) { return state.init(1, n); }, 40, 83);
    fill_table(b, m.initTables(1)[0]);
    fill(m.initLedger());
    m.setIncarnation(180);
    fill_filling(m.initFilling());
}

void fill_restored(frame_builder& b) {
    b.root().initRestored().setIncarnation(181);
}

void fill_start(frame_builder& b) {
    auto m = b.root().initStart();
    fill(m.initLedger());
    m.setIncarnation(182);
    m.setRecover(true);
    fill_filling(m.initFilling());
}

void fill_snapshot(frame_builder& b) {
    auto m = b.root().initSnapshot();
    fill(m.initCut());
    attach(b, [&](unsigned n) { return m.initDense(n); }, 72, 5);
    auto state = m.initState(1);
    attach(b, [&](unsigned n) { return state.init(0, n); }, 72, 85);
    fill_table(b, m.initTables(1)[0]);
}

void fill_account(frame_builder& b) {
    auto m = b.root().initAccount();
    fill(m.initCut());
    fill(m.initLedger());
}

void fill_published(frame_builder& b) {
    fill(b.root().initPublished());
}

void fill_evaluated(frame_builder& b) {
    fill(b.root().initEvaluated());
}

void fill_progress(frame_builder& b) {
    fill(b.root().initProgress());
}

void fill_control(frame_builder& b) {
    b.root().initControl().setFinalCut();
}

void fill_ready(frame_builder& b) {
    b.root().initReady().setIncarnation(240);
}

void fill_cut_failed(frame_builder& b) {
    auto m = b.root().initCutFailed();
    fill(m.initCut());
    m.setSentence("the disk is full: free some space");
}

void fill_started(frame_builder& b) {
    b.root().initStarted().setIncarnation(251);
}

// What the actors of a run say to each other, in the order of the kinds.
std::vector<recipe> run_recipes() {
    const address from{role::WORKER, 3}, to{role::SHARD, 1};
    return {
        {"pull", from, to, fill_pull},
        {"pulled", from, to, fill_pulled},
        {"push", from, to, fill_push},
        {"landed", from, to, fill_landed},
        {"refused", from, to, fill_refused},
        {"join", from, to, fill_join},
        {"beat", from, to, fill_beat},
        {"grant", from, to, fill_grant},
        {"commit", from, to, fill_commit},
        {"outcome", from, to, fill_outcome},
        {"failed", from, to, fill_failed},
        {"cancel", from, to, fill_cancel},
        {"records", from, to, fill_records},
        {"recordsHeld", from, to, fill_records_held},
        {"restore", from, to, fill_restore},
        {"restored", from, to, fill_restored},
        {"start", from, to, fill_start},
        {"snapshot", from, to, fill_snapshot},
        {"account", from, to, fill_account},
        {"published", from, to, fill_published},
        {"evaluated", from, to, fill_evaluated},
        {"progress", from, to, fill_progress},
        {"control", from, to, fill_control},
        {"ready", from, to, fill_ready},
        {"cutFailed", from, to, fill_cut_failed},
        {"started", from, to, fill_started},
    };
}

}  // namespace

std::vector<sample> version_1() {
    std::vector<sample> all;
    for (const auto& recipes :
         {run_recipes(), cluster_recipes(), copies_recipes(), event_recipes()})
        for (const auto& [name, from, to, fill_one] : recipes) {
            frame_builder b(from, to, 77, 5);
            fill_one(b);
            all.push_back({name, b.finish()});
        }
    return all;
}

std::shared_ptr<std::vector<std::byte>> payload(std::size_t bytes, unsigned first) {
    auto data = std::make_shared<std::vector<std::byte>>((bytes + 7) / 8 * 8);
    for (std::size_t i = 0; i < bytes; ++i) (*data)[i] = static_cast<std::byte>((first + i) % 251);
    return data;
}

frame push(std::span<const std::byte> dense, std::shared_ptr<const void> owner) {
    frame_builder b({role::WORKER, 3}, {role::SHARD, 1}, 77, 5);
    auto m = b.root().initPush();
    m.setItem(6);
    b.attach([&](unsigned n) { return m.initDense(n); }, dense, std::move(owner));
    return b.finish();
}

std::string text(const frame& f) {
    frame_reader reader(f);
    return kj::str(reader.root()).cStr();
}

std::vector<std::byte> bytes(const frame& f, bool with_checksum) {
    auto encoded = encode(f, with_checksum ? checksum::present : checksum::absent);
    if (!encoded) throw std::runtime_error(encoded.error().sentence);
    std::vector<std::byte> all;
    for (auto piece : encoded->pieces()) all.insert(all.end(), piece.begin(), piece.end());
    return all;
}

}  // namespace slackline::samples
