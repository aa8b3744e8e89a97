#include "actors/log/log_actor.hpp"

#include <caf/all.hpp>
#include <chrono>
#include <limits>
#include <optional>
#include <stdexcept>

#include "actors/checkpoint/durable_files.hpp"
#include "actors/participant_actor.hpp"
#include "messages/decode.hpp"
#include "messages/encode.hpp"

namespace slackline {

namespace {

using open_atom = caf::atom_constant<caf::atom("open")>;
using append_atom = caf::atom_constant<caf::atom("append")>;
using sync_atom = caf::atom_constant<caf::atom("sync")>;
using read_atom = caf::atom_constant<caf::atom("read")>;
using trim_atom = caf::atom_constant<caf::atom("trim")>;

constexpr std::int64_t lock_again_ms = 50;

template <class T>
T value_or_end(result<T> r) {
    if (!r) throw std::runtime_error(r.error().sentence);
    if constexpr (!std::is_void_v<T>) return std::move(*r);
}

result<write_ahead_log> opened(const log_place& p) {
    return write_ahead_log::open(*p.files, p.folder, p.id, 0, p.segment_bytes);
}

void set_aside(const log_place& p, const failure& damage) {
    const auto aside = p.folder + ".damaged";
    if (p.tell) p.tell(damage.sentence + "; it is set aside as " + aside);
    value_or_end(p.files->remove(aside));
    value_or_end(p.files->rename(p.folder, aside));
}

// Damage is found at the end of the log when it is opened, and elsewhere when it is read.
write_ahead_log open_or_set_aside(const log_place& p) {
    auto log = opened(p);
    if (log || log.error().code != failure_code::checksum) return value_or_end(std::move(log));
    set_aside(p, log.error());
    return value_or_end(opened(p));
}

class owned_log {
public:
    owned_log(caf::event_based_actor* self, log_place place, std::shared_ptr<void> lock,
              write_ahead_log log)
        : self_(self), place_(std::move(place)), lock_(std::move(lock)), log_(std::move(log)) {}

    void append(const frame& f, bool at_once) {
        owner_ = caf::actor_cast<caf::actor_addr>(self_->current_sender());
        const auto encoded = value_or_end(encode(f, checksum::absent));
        value_or_end(log_.append(encoded.pieces()));
        if (at_once && !std::exchange(sync_queued_, true)) self_->send(self_, sync_atom::value);
    }

    void sync() {
        sync_queued_ = false;
        value_or_end(log_.sync());
        if (const auto owner = caf::actor_cast<caf::actor>(owner_))
            self_->send(owner, logged{log_.durable()});
    }

    logged_part read(std::uint64_t position, std::uint64_t tag) {
        value_or_end(log_.sync());  // what is read counts as durable
        position = std::max(position, log_.begin());
        const auto part = undamaged(log_.read(position));
        logged_part answer{tag, position, {}, log_.end()};
        constexpr frame_limits limits{std::numeric_limits<std::uint32_t>::max(), false};
        for (const auto& r : part.records)
            answer.frames.push_back(undamaged(decode(r.payload, limits, heap_buffer)));
        return answer;
    }

    void trim(std::uint64_t position) { value_or_end(log_.trim(position)); }

private:
    // Its next life finds an empty log, and its owner that what it held is lost. A disk or a memory
    // that refuses now says nothing of what is in the log.
    template <class T>
    T undamaged(result<T> r) {
        if (!r && r.error().code != failure_code::io && r.error().code != failure_code::exhausted)
            set_aside(place_, r.error());
        return value_or_end(std::move(r));
    }

    caf::event_based_actor* self_;
    log_place place_;
    std::shared_ptr<void> lock_;
    write_ahead_log log_;
    caf::actor_addr owner_;
    bool sync_queued_ = false;
};

caf::behavior opened_log(caf::event_based_actor* self, std::shared_ptr<owned_log> log) {
    return {
        [log](append_atom, const frame& f, bool at_once) { log->append(f, at_once); },
        [log](sync_atom) { log->sync(); },
        [self, log](read_atom, std::uint64_t position, std::uint64_t tag) {
            self->send(caf::actor_cast<caf::actor>(self->current_sender()),
                       log->read(position, tag));
        },
        [log](trim_atom, std::uint64_t position) { log->trim(position); },
    };
}

class actor_log : public log_edge {
public:
    actor_log(caf::event_based_actor* self, caf::actor log) : self_(self), log_(std::move(log)) {}

    void append(frame f, urgency u) override {
        self_->send(log_, append_atom::value, std::move(f), u == urgency::at_once);
    }
    void sync() override { self_->send(log_, sync_atom::value); }
    void read(std::uint64_t position, std::uint64_t tag) override {
        self_->send(log_, read_atom::value, position, tag);
    }
    void trim(std::uint64_t position) override { self_->send(log_, trim_atom::value, position); }

private:
    caf::event_based_actor* self_;
    caf::actor log_;
};

}  // namespace

caf::behavior log_actor(caf::event_based_actor* self, log_place place) {
    set_house_handlers(self);
    self->set_default_handler(caf::skip);  // until it is open
    self->send(self, open_atom::value, std::int64_t{0});
    return {[self, place = std::move(place)](open_atom, std::int64_t waited_ms) {
        value_or_end(make_durable_directory(*place.files, place.folder));
        auto lock = place.lock(place.folder);
        if (!lock && waited_ms < place.lock_ms)
            return self->delayed_send(self, std::chrono::milliseconds(lock_again_ms),
                                      open_atom::value, waited_ms + lock_again_ms);
        auto log = std::make_shared<owned_log>(self, place, value_or_end(std::move(lock)),
                                               open_or_set_aside(place));
        self->set_default_handler(caf::drop);
        self->become(opened_log(self, std::move(log)));
    }};
}

std::unique_ptr<log_edge> edge_to_log(caf::event_based_actor* self, caf::actor log) {
    return std::make_unique<actor_log>(self, std::move(log));
}

}  // namespace slackline
