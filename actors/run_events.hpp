// What a run tells of itself, as frames: from the observer of its coordinator to the registrar, and
// on to the command lines that follow it.
//
// Pure; thread: any.
#pragma once

#include <functional>

#include "actors/run_observer.hpp"
#include "messages/frame.hpp"

namespace slackline {

struct run_introduction {
    std::uint64_t samples = 0;
    std::uint32_t workers = 0;
    std::uint32_t shards = 0;
    std::uint32_t batch = 0;
    std::string blas;
    std::string checkpoint_dir;
};

/// An observer that makes a frame for the registrar of all it is told. `from` is the coordinator
/// or, where that is not, the node: of a node the registrar takes sentences only. `send` is called
/// on whichever thread tells it.
class event_observer : public run_observer {
public:
    event_observer(std::uint64_t run, address from, std::function<void(frame)> send);

    void introduced(const run_introduction& what);
    void era_begun(std::uint64_t era, const ledger_state& from, const std::string& why) override;
    void era_goes_on(std::uint64_t era, const ledger_state& at) override;
    void progressed(const sequencer_stats& stats, double loss) override;
    void copies(const std::vector<part_copies>& parts) override;
    void evaluated(const evaluation_report& report) override;
    void published(const cut_record& cut, const std::string& path,
                   const ledger_state& ledger) override;
    void held(std::uint64_t count) override;
    void not_held(const std::string& sentence) override;
    void happened(const std::string& sentence) override;
    void warned(const std::string& sentence) override;
    void failed(const std::string& sentence) override;
    void finished() override;

private:
    /// `fill` writes the event.
    template <class Fill>
    void tell(Fill fill) const;

    std::uint64_t run_;
    address from_;
    std::function<void(frame)> send_;
};

/// Tells `to` what an event says; of an introduction, an end and a hold it knows nothing: see
/// which().
void retell(wire::RunEvent::Reader event, run_observer& to);

std::vector<part_copies> read(capnp::List<wire::PartCopies>::Reader from);
run_introduction read(wire::Introduced::Reader from);

}  // namespace slackline
