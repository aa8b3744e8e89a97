#include "tests/unit/messages_sample_parts.hpp"

namespace slackline::samples {

namespace {

void fill_inquire(frame_builder& b) {
    b.root().initInquire();
}

void fill_holds(frame_builder& b) {
    b.root().initHolds().setIncarnation(501);
}

void fill_leave(frame_builder& b) {
    b.root().initLeave().setIncarnation(502);
}

void fill_hello(frame_builder& b) {
    auto m = b.root().initHello();
    m.setProtocolMin(503);
    m.setProtocolMax(504);
    m.setCluster("local");
    m.setNode("left");
    m.setWanted("right");
    m.setIncarnation(505);
    m.setLane(wire::Lane::DATA);
    auto nonce = m.initNonce(32);
    for (unsigned i = 0; i < 32; ++i) nonce[i] = static_cast<kj::byte>(1 + i);
}

void fill_proof(frame_builder& b) {
    auto mac = b.root().initProof().initMac(32);
    for (unsigned i = 0; i < 32; ++i) mac[i] = static_cast<kj::byte>(101 + i);
}

void fill_goodbye(frame_builder& b) {
    b.root().initGoodbye().setSentence("node right is stopped");
}

void fill_ping(frame_builder& b) {
    b.root().initPing();
}

void fill_peer_changed(frame_builder& b) {
    auto m = b.root().initPeerChanged();
    m.setNode(506);
    m.setUp(true);
    m.setIncarnation(507);
    m.setSentence("nothing was heard from node right for 1000 ms");
}

void fill_node_state(frame_builder& b) {
    auto m = b.root().initNodeState();
    m.setIncarnation(508);
    m.setPid(509);
    m.setParentPid(510);
    m.setProgram("bin/slackline");
    m.setRun(511);
    m.setHosting(wire::Hosting::REFUSED);
    m.setSentence("the training set differs: give every node the same files");
}

void fill_job(wire::JobText::Builder job) {
    job.setFile("digits.toml");
    job.setText("seed = 1");
    job.setFolder("jobs");
    auto overrides = job.initOverrides(2);
    overrides.set(0, "cluster.workers=2");
    overrides.set(1, "cluster.shards=3");
}

void fill_init(wire::Init::Builder init, wire::Init::Kind kind, float scale) {
    init.setKind(kind);
    init.setScale(scale);
}

void fill_joined(wire::JoinedNode::Builder to, const char* host, std::uint16_t first) {
    to.setName("late");
    to.setHost(host);
    to.setPort(first);
    to.setShard(true);
    to.setWorkers(first + 1u);
    to.setOfFile(true);
}

void fill_assign(frame_builder& b) {
    auto m = b.root().initAssign();
    m.setRun(512);
    auto spec = m.initSpec();
    spec.setRun(513);
    fill_job(spec.initJob());
    spec.setSamples(514);
    spec.setChecksum(515);
    auto tensor = spec.initTensors(1)[0];
    tensor.setName("layer0.weight");
    numbers(tensor.initShape(2), 516);
    fill_init(tensor.initInit(), wire::Init::Kind::UNIFORM, 0.5f);
    auto table = spec.initTables(1)[0];
    table.setName("words");
    table.setWidth(518);
    fill_init(table.initInit(), wire::Init::Kind::NORMAL, 0.25f);
    spec.setFirstEra(519);
    spec.setAdopt(true);
    auto removed = spec.initRemoved(2);
    removed.set(0, 530);
    removed.set(1, 531);
    fill_joined(m.initJoined(1)[0], "10.0.0.7", 521);
    m.setLeave(true);
}

void fill_submit(frame_builder& b) {
    auto m = b.root().initSubmit();
    fill_job(m.initJob());
    m.setResume(true);
}

void fill_submitted(frame_builder& b) {
    auto m = b.root().initSubmitted();
    m.setRun(520);
    m.setName("digits");
    m.setAhead(521);
    m.setGoingOn(true);
}

void fill_declined(frame_builder& b) {
    auto m = b.root().initDeclined();
    m.setSentence("run digits has checkpoints: give --resume");
    m.setUsage(true);
}

void fill_attach(frame_builder& b) {
    b.root().initAttach().setName("digits");
}

void fill_cancel_run(frame_builder& b) {
    b.root().initCancelRun().setName("letters");
}

void fill_ask(frame_builder& b) {
    b.root().initAsk().setWhat(wire::Ask::What::CHECKPOINT);
}

void fill_told(frame_builder& b) {
    b.root().initTold().setJson("{\"runs\":[]}");
}

void fill_introduced(frame_builder& b) {
    auto m = b.root().initRunEvent().initIntroduced();
    m.setSamples(522);
    m.setWorkers(523);
    m.setShards(524);
    m.setBatch(525);
    m.setBlas("plain loops");
    m.setCheckpointDir("checkpoints");
}

void fill_era(frame_builder& b) {
    auto m = b.root().initRunEvent().initEra();
    m.setEra(526);
    fill(m.initLedger());
    m.setWhy("shard 1 began a new life");
}

void fill_progress(frame_builder& b) {
    fill(b.root().initRunEvent().initProgress());
}

void fill_held(frame_builder& b) {
    auto m = b.root().initRunEvent().initHeld();
    m.setCount(231);
    m.setRefusal("the run ends");
}

void fill_copies(frame_builder& b) {
    auto parts = b.root().initRunEvent().initCopies(2);
    write(parts[0].initPart(), {role::SHARD, 3, 1});
    parts[0].setLed(true);
    parts[0].setWanted(3);
    parts[0].initMembers(2).set(1, 1);
    parts[0].initLacking(1).set(0, 2);
    parts[0].setBytes(8);
    parts[0].setBusy(532);
    write(parts[1].initPart(), {role::SEQUENCER, 7, 2});
    parts[1].setLed(true);
    parts[1].setWanted(5);
    parts[1].initMembers(1).set(0, 2);
    parts[1].initLacking(2).set(0, 3);
    parts[1].setBytes(9);
    parts[1].setBusy(533);
}

void fill_evaluated(frame_builder& b) {
    fill(b.root().initRunEvent().initEvaluated());
}

void fill_published(frame_builder& b) {
    fill(b.root().initRunEvent().initPublished());
}

void fill_happened(frame_builder& b) {
    b.root().initRunEvent().setHappened("worker 2 joined");
}

void fill_warned(frame_builder& b) {
    b.root().initRunEvent().setWarned("worker 2 is slow");
}

void fill_lost(frame_builder& b) {
    b.root().initLost().setSentence("the log of the sequencer is gone");
}

void fill_kept(frame_builder& b) {
    b.root().initKept().setPosition(417);
}

void fill_ended(frame_builder& b) {
    auto m = b.root().initRunEvent().initEnded();
    m.setHow(wire::Ended::How::CANCELLED);
    m.setSentence("it was cancelled");
}

}  // namespace

std::vector<recipe> cluster_recipes() {
    // Not the coordinator, which is a role's default: a reader cannot tell that it came over.
    const address sequencer{role::SEQUENCER, 2}, shard{role::SHARD, 1}, worker{role::WORKER, 3};
    const address node{role::NODE, 4}, other{role::NODE, 5};
    const address registrar{role::REGISTRAR, 6}, client{role::CLIENT, 7};
    return {
        {"inquire", sequencer, shard, fill_inquire},
        {"holds", shard, sequencer, fill_holds},
        {"leave", worker, sequencer, fill_leave},
        {"hello", node, other, fill_hello},
        {"proof", client, node, fill_proof},
        {"goodbye", node, client, fill_goodbye},
        {"ping", other, node, fill_ping},
        {"peerChanged", node, shard, fill_peer_changed},
        {"nodeState", node, registrar, fill_node_state},
        {"assign", registrar, node, fill_assign},
        {"submit", client, registrar, fill_submit},
        {"submitted", registrar, client, fill_submitted},
        {"declined", registrar, client, fill_declined},
        {"attach", client, registrar, fill_attach},
        {"cancelRun", client, registrar, fill_cancel_run},
        {"ask", client, registrar, fill_ask},
        {"told", registrar, client, fill_told},
        {"lost", shard, sequencer, fill_lost},
        {"kept", sequencer, shard, fill_kept},
    };
}

std::vector<recipe> event_recipes() {
    const address registrar{role::REGISTRAR, 6}, client{role::CLIENT, 7};
    return {
        {"runEvent_introduced", registrar, client, fill_introduced},
        {"runEvent_era", registrar, client, fill_era},
        {"runEvent_progress", registrar, client, fill_progress},
        {"runEvent_evaluated", registrar, client, fill_evaluated},
        {"runEvent_published", registrar, client, fill_published},
        {"runEvent_happened", registrar, client, fill_happened},
        {"runEvent_warned", registrar, client, fill_warned},
        {"runEvent_ended", registrar, client, fill_ended},
        {"runEvent_copies", registrar, client, fill_copies},
        {"runEvent_held", registrar, client, fill_held},
    };
}

}  // namespace slackline::samples
