// What people and programs see of a run: a progress line, plain lines, or JSON lines.
//
// Thread-safe: the coordinator, supervisors and the checkpoint store all report here.
#pragma once

#include <chrono>
#include <cstdio>
#include <mutex>
#include <optional>
#include <string>

#include "actors/run_events.hpp"
#include "actors/run_observer.hpp"

namespace slackline {

enum class report_style { terminal, plain, json };

struct run_account {
    sequencer_stats stats;
    double loss = 0;
    std::vector<std::pair<std::string, double>> metrics;
    std::string checkpoint;
    std::uint64_t published = 0;  ///< checkpoints so far
    bool finished = false;
    std::optional<std::string> failed;
    std::optional<std::string> unheard;  ///< why lines could not be written
};

class reporter : public run_observer {
public:
    /// `to` is written to, never closed.
    reporter(report_style style, std::string run, std::FILE* to);

    void era_begun(std::uint64_t era, const ledger_state& from, const std::string& why) override;
    void progressed(const sequencer_stats& stats, double loss) override;
    void evaluated(const evaluation_report& report) override;
    void published(const cut_record& cut, const std::string& path,
                   const ledger_state& ledger) override;
    /// The only words of a job that is validated and not run.
    void checked(const std::string& file, std::uint64_t samples);
    void happened(const std::string& sentence) override;
    void warned(const std::string& sentence) override;
    void failed(const std::string& sentence) override;
    void finished() override;

    /// The first words: what is run, and by which library's matrix products. Its batch makes
    /// rates of samples; its folder stands before the paths that are published.
    void introduced(const run_introduction& what);

    /// Before the first progress of a run that began long ago: rates count from that progress.
    void joined_late();

    /// The last words of a run that is done.
    void done();

    run_account account() const;

private:
    /// How much of a number that grows was told.
    struct tally {
        std::uint64_t told = 0;
        std::chrono::steady_clock::time_point at;

        std::uint64_t take_news(std::uint64_t total);
    };

    void line(const std::string& text);
    void event(const std::string& kind, const std::string& sentence);
    void draw();
    void tell_skips();
    void tell_ended_leases();
    void tell_causes();
    void flush();
    double seconds() const;
    double run_seconds() const;
    double items_per_s() const;
    void count_from(std::uint64_t closed);
    std::string histogram() const;

    report_style style_;
    std::string run_;
    std::uint64_t batch_ = 0;
    std::string checkpoint_dir_;
    std::FILE* to_;
    mutable std::mutex mutex_;
    run_account account_;
    std::chrono::steady_clock::time_point began_;
    std::optional<std::chrono::steady_clock::time_point> run_began_;  ///< first heard of it: before
                                                                      ///< that it may have waited
    std::chrono::steady_clock::time_point drawn_;
    std::optional<std::uint64_t> closed_at_start_;
    tally skips_;
    tally leases_ended_;
    bool joined_late_ = false;
    bool line_open_ = false;
};

}  // namespace slackline
