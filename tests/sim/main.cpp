// Simulated runs, seed by seed: --seeds N --first S; --show-ms T prints what is sent before T.
// Exit 1 on a violation, with the command that repeats it.
#include <fmt/format.h>

#include <chrono>
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
                  taken_over = 0, cut_off = 0, moves = 0, reshards = 0, logs = 0, frames = 0,
                  versions = 0;
    slackline::network_counts network;
    std::int64_t simulated_ms = 0;
    const auto began = std::chrono::steady_clock::now();
    for (auto seed = first; seed < first + seeds; ++seed) {
        auto o = slackline::simulate(seed, show_ms);
        if (seed % 20 == 0 && slackline::simulate(seed).trace != o.trace)
            o.violations.emplace_back("the same seed gave another trace");
        kills += o.kills;
        partitions += o.partitions;
        power_failures += o.power_failures;
        starts += o.starts;
        eras += o.eras;
        taken_over += o.taken_over;
        cut_off += o.cut_off;
        moves += o.moves;
        reshards += o.reshards;
        logs += o.logs_replayed;
        frames += o.frames;
        versions += o.versions_compared;
        network.add(o.network);
        simulated_ms += o.simulated_ms;
        if (o.violations.empty()) continue;
        ++failed;
        fmt::print("seed {}: {}\n", seed, o.what);
        for (const auto& v : o.violations) fmt::print("  {}\n", v);
        fmt::print("  repeat: tests/sim/run --seeds 1 --first {}\n", seed);
    }
    const double wall =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
    fmt::print(
        "{} seeds, {} with violations; {} kills, {} partitions, {} power failures, {} starts, {} "
        "eras, {} taken over, {} workers cut off, {} parts told to move or leave, {} times cut "
        "into other shards, {} "
        "frames, {} "
        "versions and {} runs' logs compared bit for bit; "
        "{:.0f} simulated s in {:.1f} s\n",
        seeds, failed, kills, partitions, power_failures, starts, eras, taken_over, cut_off, moves,
        reshards, frames, versions, logs, static_cast<double>(simulated_ms) / 1000, wall);
    fmt::print(
        "between nodes: {} bytes, {} connections opened, {} reset, {} ends that found the other "
        "silent, {} one-way partitions, {} turned bits arrived and {} were refused, the others' "
        "connections ended before\n",
        network.bytes, network.opened, network.resets, network.silences, network.one_way,
        network.damaged, network.refused);
    return failed == 0 ? 0 : 1;
}
