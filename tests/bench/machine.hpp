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
    double sleeps = 0;  ///< so often a thread of this process gave its processor up to wait
    double faults = 0;  ///< pages of memory that this process touched for the first time
};

cpu_reading read_cpu();

/// What a stretch of time took: how long, our processor time, the processors that others used, and
/// our sleeps and page faults.
struct cpu_use {
    double wall_s = 0;
    double own_s = 0;
    double others = 0;  ///< on average
    double sleeps = 0;
    double faults = 0;
};

cpu_use operator-(const cpu_reading& end, const cpu_reading& begin);

}  // namespace slackline::bench
