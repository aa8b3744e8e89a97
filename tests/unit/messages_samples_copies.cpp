#include "messages/passed.hpp"
#include "tests/unit/messages_sample_parts.hpp"
#include "tests/unit/messages_samples.hpp"

namespace slackline::samples {

namespace {

void put(wire::Copy::Builder to, std::uint16_t copy, std::uint64_t incarnation) {
    to.setCopy(copy);
    to.setIncarnation(incarnation);
}

void fill_lead(frame_builder& b) {
    auto m = b.root().initLead();
    m.setIncarnation(301);
    m.setTerm(302);
    auto members = m.initMembers(2);
    put(members[0], 1, 303);
    put(members[1], 2, 304);
    put(m.initFilling(1)[0], 3, 305);
}

void fill_follow(frame_builder& b) {
    auto m = b.root().initFollow();
    m.setIncarnation(306);
    m.setTerm(307);
}

void fill_standing(frame_builder& b) {
    auto m = b.root().initStanding();
    m.setIncarnation(308);
    m.setTerm(309);
    m.setLeads(true);
    m.setNext(310);
    put(m.initLevel(1)[0], 4, 311);
    put(m.initAstray(1)[0], 5, 312);
    m.setLeaving(true);
    m.setHandsOver(true);
    m.setBytes(326);
    m.setBusy(327);
}

void fill_append(frame_builder& b) {
    auto m = b.root().initAppend();
    m.setTerm(313);
    m.setFirst(314);
    m.setHeld(315);
    auto data = payload(100, 50);
    pass_on(b, m.initFrames(1)[0], push(std::span<const std::byte>(data->data(), 100), data));
}

void fill_appended(frame_builder& b) {
    auto m = b.root().initAppended();
    m.setTerm(316);
    m.setIncarnation(317);
    m.setNext(318);
    m.setCount(319);
    m.setDigest(320);
    m.setFilled(321);
}

void fill_fenced(frame_builder& b) {
    auto m = b.root().initFenced();
    m.setIncarnation(322);
    m.setSentence("it was declared dead");
}

void fill_primaries(frame_builder& b) {
    auto m = b.root().initPrimaries();
    m.initSequencer().setCopy(1);
    m.getSequencer().setTerm(323);
    auto shards = m.initShards(2);
    shards[0].setCopy(2);
    shards[0].setTerm(324);
    shards[1].setCopy(3);
    shards[1].setTerm(325);
}

void fill_move(frame_builder& b) {
    auto m = b.root().initMove();
    write(m.initPart(), {role::SHARD, 4, 0});
    m.setTo("shard-2");
    m.setFrom("shard-1");
}

void fill_place(frame_builder& b) {
    auto m = b.root().initPlace();
    write(m.initPart(), {role::SHARD, 4, 2});
    m.setInsteadOf(1);
}

void fill_join(frame_builder& b) {
    auto m = b.root().initJoinCluster();
    m.setName("late");
    m.setHost("10.0.0.8");
    m.setPort(523);
    m.setShard(true);
    m.setWorkers(524);
    m.setOfFile(true);
}

void fill_remove(frame_builder& b) {
    b.root().initRemoveNode().setName("late");
}

void fill_reshard(frame_builder& b) {
    b.root().initReshard().setShards(230);
}

}  // namespace

std::vector<recipe> copies_recipes() {
    const address primary{role::SHARD, 1, 2}, copy{role::SHARD, 1, 3}, worker{role::WORKER, 3};
    const address registrar{role::REGISTRAR, 6};
    const address client{role::CLIENT, 7};  // a coordinator is a role's default
    return {
        {"lead", client, primary, fill_lead},
        {"follow", client, copy, fill_follow},
        {"standing", copy, client, fill_standing},
        {"append", primary, copy, fill_append},
        {"appended", copy, primary, fill_appended},
        {"fenced", client, copy, fill_fenced},
        {"primaries", client, worker, fill_primaries},
        {"move", client, registrar, fill_move},
        {"place", registrar, client, fill_place},
        {"joinCluster", client, registrar, fill_join},
        {"reshard", client, registrar, fill_reshard},
        {"removeNode", client, registrar, fill_remove},
    };
}

}  // namespace slackline::samples
