#include "tests/bench/machine.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

#include "kernels/gemm.hpp"

namespace slackline::bench {

namespace {

std::string processor() {
    std::ifstream info("/proc/cpuinfo");
    for (std::string line; std::getline(info, line);)
        if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
    return "unknown";
}

std::string load_average() {
    double loads[3] = {0, 0, 0};
    if (getloadavg(loads, 3) != 3) return "unknown";
    return fmt::format("{:.2f} {:.2f} {:.2f}", loads[0], loads[1], loads[2]);
}

double seconds(const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

// The first line of /proc/stat: user, nice, system, idle, iowait, irq, softirq, steal, in ticks.
double busy_s() {
    std::ifstream stat("/proc/stat");
    std::string name;
    double user = 0, nice = 0, system = 0, idle = 0, iowait = 0, irq = 0, softirq = 0, steal = 0;
    stat >> name >> user >> nice >> system >> idle >> iowait >> irq >> softirq >> steal;
    return (user + nice + system + irq + softirq + steal) /
           static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> describe_machine() {
    std::vector<std::pair<std::string, std::string>> all{
        {"date", fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::time(nullptr)))},
        {"processor", processor()},
        {"cores", std::to_string(std::thread::hardware_concurrency())},
        {"compiler", __VERSION__},
        {"matrix products", blas_description()},
        {"load before", load_average()},
    };
    for (const char* name : {"OPENBLAS_CORETYPE", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS",
                             "DNNL_MAX_CPU_ISA", "BLIS_ARCH_TYPE"})
        if (const char* value = std::getenv(name)) all.emplace_back(name, value);
    return all;
}

cpu_reading read_cpu() {
    cpu_reading r;
    rusage own{};
    getrusage(RUSAGE_SELF, &own);
    r.own_s = seconds(own.ru_utime) + seconds(own.ru_stime);
    r.all_s = busy_s();
    r.sleeps = static_cast<double>(own.ru_nvcsw);
    r.faults = static_cast<double>(own.ru_minflt);
    r.wall_s =
        std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
    return r;
}

cpu_use operator-(const cpu_reading& end, const cpu_reading& begin) {
    cpu_use u;
    u.wall_s = end.wall_s - begin.wall_s;
    u.own_s = end.own_s - begin.own_s;
    u.sleeps = end.sleeps - begin.sleeps;
    u.faults = end.faults - begin.faults;
    u.others = std::max(0.0, end.all_s - begin.all_s - u.own_s) / u.wall_s;
    return u;
}

}  // namespace slackline::bench
