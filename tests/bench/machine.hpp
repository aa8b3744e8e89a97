// What was measured on, and what else ran there meanwhile.
#pragma once

#include <chrono>
#include <string>
#include <utility>
#include <vector>

namespace slackline::bench {

/// Name and value: date, processor, cores, compiler, matrix products, load average, and those
/// environment variables that change the library of matrix products.
std::vector<std::pair<std::string, std::string>> describe_machine();

/// Processor time at one moment. Thread: any.
struct cpu_reading {
    double wall_s = 0;  ///< of a steady clock
    double own_s = 0;   ///< of this process, all its threads
    double all_s = 0;   ///< of the whole machine, 1/100 s fine; 0 where the kernel does not tell
};

cpu_reading read_cpu();

/// What a stretch of time took: how long, our processor time, and the processors that others used.
struct cpu_use {
    double wall_s = 0;
    double own_s = 0;
    double others = 0;  ///< on average
};

cpu_use operator-(const cpu_reading& end, const cpu_reading& begin);

}  // namespace slackline::bench
