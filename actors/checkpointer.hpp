// The checkpointer: turns a cut's parts into a published checkpoint.
//
// It blocks while it writes, one after the other, so its actor has a thread of its own. A last cut
// that is placed again because the write took long is answered with what was written: a run that is
// over is not kept waiting.
// Owner and thread: one actor. Edge: the checkpoint store.
#pragma once

#include <memory>

#include "actors/checkpoint_store.hpp"
#include "actors/cut_parts.hpp"
#include "actors/participant.hpp"

namespace slackline {

struct cut_reader_settings {
    std::uint64_t run = 0;
    std::int64_t parts_ms = 30'000;  ///< a cut whose parts are not all here by then is lost
};

/// What came of the last final cut: a final cut of the same count is the same model.
struct last_answer {
    std::uint64_t era = 0;
    std::uint64_t count = 0;
    frame sent;  ///< none: there was none

    bool of(const whole_cut& whole) const {
        return sent && whole.cut.purpose.final && whole.era == era && whole.cut.count == count;
    }
    void note(const whole_cut& whole, const frame& answer) {
        if (whole.cut.purpose.final) *this = {whole.era, whole.cut.count, answer};
    }
};

class checkpointer : public participant {
public:
    checkpointer(cut_reader_settings settings, std::shared_ptr<const shard_map> map,
                 std::size_t state_slots, checkpoint_store& store);

    void handle(const frame& f, wire::Message::Reader m, std::int64_t now_ms, outbox& out) override;
    void tick(std::int64_t now_ms, outbox& out) override;

private:
    void publish(const whole_cut& whole, outbox& out);
    result<model_state> assemble(const whole_cut& whole) const;
    bool read_dense(std::uint32_t shard, wire::Snapshot::Reader from, model_state& to) const;
    bool read_tables(wire::Snapshot::Reader from, model_state& to) const;

    cut_reader_settings settings_;
    std::shared_ptr<const shard_map> map_;
    std::size_t state_slots_;
    checkpoint_store& store_;
    cut_parts parts_;
    last_answer done_;
};

/// Tells the coordinator that a cut came to nothing.
void send_cut_failed(role from, std::uint64_t run, const lost_cut& lost,
                     const std::string& sentence, outbox& out);

}  // namespace slackline
