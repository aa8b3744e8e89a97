// Simulated runs, seed by seed: --seeds N --first S; --show-ms T prints what is sent before T.
// Exit 1 on a violation, with the command that repeats it.
#include <chrono>
#include <cstdio>
#include <cstring>
#include <string>

#include "tests/sim/simulation.hpp"

int main(int argc, char** argv) {
    std::uint64_t seeds = 100;
    std::uint64_t first = 1;
    std::int64_t show_ms = 0;
    for (int i = 1; i + 1 < argc; i += 2) {
        if (std::strcmp(argv[i], "--seeds") == 0) seeds = std::stoull(argv[i + 1]);
        if (std::strcmp(argv[i], "--first") == 0) first = std::stoull(argv[i + 1]);
        if (std::strcmp(argv[i], "--show-ms") == 0) show_ms = std::stoll(argv[i + 1]);
    }
    std::uint64_t failed = 0, kills = 0, partitions = 0, power_failures = 0, starts = 0, eras = 0,
                  taken_over = 0, cut_off = 0, frames = 0, versions = 0;
    std::int64_t simulated_ms = 0;
    const auto began = std::chrono::steady_clock::now();
    for (auto seed = first; seed < first + seeds; ++seed) {
        auto o = slackline::simulate(seed, show_ms);
        if (seed % 20 == 0 && slackline::simulate(seed).trace != o.trace)
            o.violations.push_back("the same seed gave another trace");
        kills += o.kills;
        partitions += o.partitions;
        power_failures += o.power_failures;
        starts += o.starts;
        eras += o.eras;
        taken_over += o.taken_over;
        cut_off += o.cut_off;
        frames += o.frames;
        versions += o.versions_compared;
        simulated_ms += o.simulated_ms;
        if (o.violations.empty()) continue;
        ++failed;
        std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), o.what.c_str());
        for (const auto& v : o.violations) std::printf("  %s\n", v.c_str());
        std::printf("  repeat: tests/sim/run --seeds 1 --first %llu\n",
                    static_cast<unsigned long long>(seed));
    }
    const double wall =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    std::printf(
        "%llu seeds, %llu with violations; %llu kills, %llu partitions, %llu power "
        "failures, %llu starts, %llu eras, %llu taken over, %llu workers cut off, %llu frames, "
        "%llu versions "
        "compared bit for bit; %.0f simulated s in %.1f s\n",
        static_cast<unsigned long long>(seeds), static_cast<unsigned long long>(failed),
        static_cast<unsigned long long>(kills), static_cast<unsigned long long>(partitions),
        static_cast<unsigned long long>(power_failures), static_cast<unsigned long long>(starts),
        static_cast<unsigned long long>(eras), static_cast<unsigned long long>(taken_over),
        static_cast<unsigned long long>(cut_off), static_cast<unsigned long long>(frames),
        static_cast<unsigned long long>(versions), static_cast<double>(simulated_ms) / 1000, wall);
    return failed == 0 ? 0 : 1;
}
