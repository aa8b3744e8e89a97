#include "cluster/node/checkpoint_watch.hpp"

namespace slackline {

namespace {

bool tells_of_checkpoint(wire::Message::Reader m) {
    switch (m.which()) {
        case wire::Message::SNAPSHOT:
            return m.getSnapshot().getCut().getCheckpoint();
        case wire::Message::ACCOUNT:
            return m.getAccount().getCut().getCheckpoint();
        case wire::Message::LEAVE:  // others hold what it held
            return m.getFrom().getRole() != role::WORKER;
        case wire::Message::RUN_EVENT:
            return m.getRunEvent().isPublished() || m.getRunEvent().isEnded();
        default:
            return false;
    }
}

}  // namespace

void checkpoint_watch::begin(std::set<address> who) {
    const std::lock_guard lock(mutex_);
    awaited_ = std::move(who);
    watching_ = !awaited_.empty();
}

void checkpoint_watch::send(address to, frame f) {
    const bool watching = watching_;
    const frame kept = watching ? f : frame();
    to_.send(to, std::move(f));
    if (watching) look(kept);
}

void checkpoint_watch::look(const frame& f) {
    frame_reader reader(f);
    const auto m = reader.root();
    const auto who = read_address(m.getFrom());
    const std::lock_guard lock(mutex_);
    if (m.isStanding() && m.getStanding().getHandsOver()) handing_over_.insert(who);
    if ((m.isStanding() && !m.getStanding().getHandsOver()) || m.isLeave())
        handing_over_.erase(who);
    if (!tells_of_checkpoint(m) || handing_over_.contains(who)) return;
    awaited_.erase(who);
    if (awaited_.empty()) watching_ = false;
}

}  // namespace slackline
