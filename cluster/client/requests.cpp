#include "cluster/client/requests.hpp"

namespace slackline {

namespace {

frame_builder request(address from) {
    return {from, {role::REGISTRAR, 0}, 0, 0};
}

}  // namespace

frame submit_request(address from, const job_text& job, bool resume) {
    auto b = request(from);
    auto submit = b.root().initSubmit();
    submit.setResume(resume);
    auto to = submit.initJob();
    to.setFile(job.file);
    to.setText(job.text);
    to.setFolder(job.folder);
    auto overrides = to.initOverrides(static_cast<unsigned>(job.overrides.size()));
    for (unsigned i = 0; i < overrides.size(); ++i) overrides.set(i, job.overrides[i]);
    return b.finish();
}

frame attach_request(address from, const std::string& run) {
    auto b = request(from);
    b.root().initAttach().setName(run);
    return b.finish();
}

frame cancel_request(address from, const std::string& run) {
    auto b = request(from);
    b.root().initCancelRun().setName(run);
    return b.finish();
}

frame move_request(address sender, address part, const std::string& to, const std::string& from) {
    auto b = request(sender);
    auto move = b.root().initMove();
    write(move.initPart(), part);
    move.setTo(to);
    move.setFrom(from);
    return b.finish();
}

frame remove_request(address sender, const std::string& node) {
    auto b = request(sender);
    b.root().initRemoveNode().setName(node);
    return b.finish();
}

frame reshard_request(address sender, std::uint32_t shards) {
    auto b = request(sender);
    b.root().initReshard().setShards(shards);
    return b.finish();
}

frame join_request(address sender, const joined_node& node) {
    auto b = request(sender);
    write(node, b.root().initJoinCluster());
    return b.finish();
}

frame ask_request(address from, wire::Ask::What what) {
    auto b = request(from);
    b.root().initAsk().setWhat(what);
    return b.finish();
}

}  // namespace slackline
