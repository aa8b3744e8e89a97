#include "tests/bench/report.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

#include "tests/bench/machine.hpp"

namespace slackline::bench {

using json = nlohmann::ordered_json;

namespace {

// Four significant digits, whatever the size.
std::string short_number(double v) {
    if (std::abs(v) >= 1000) return fmt::format("{:.0f}", v);
    return fmt::format("{:.{}f}", v, std::abs(v) >= 100 ? 1 : std::abs(v) >= 10 ? 2 : 3);
}

}  // namespace

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    const auto n = values.size();
    return (values[(n - 1) / 2] + values[n / 2]) / 2;
}

report::report() : all_(std::make_unique<json>()) {
    auto& machine = (*all_)["machine"];
    machine = json::object();
    for (const auto& [name, value] : describe_machine()) {
        machine[name] = value;
        fmt::print("{:<16}{}\n", name, value);
    }
    (*all_)["benchmarks"] = json::array();
}

report::~report() = default;

void report::begin(const std::string& benchmark, const std::string& sentence) {
    section_.clear();
    fmt::print("\n{}: {}\n", benchmark, sentence);
    (*all_)["benchmarks"].push_back({{"name", benchmark},
                                     {"what", sentence},
                                     {"notes", json::array()},
                                     {"figures", json::array()}});
}

void report::section(const std::string& title) {
    section_ = title;
    fmt::print("  {}\n", title);
}

void report::note(const std::string& sentence) {
    fmt::print("  {}\n", sentence);
    std::fflush(stdout);
    (*all_)["benchmarks"].back()["notes"].push_back(sentence);
}

void report::add(const std::string& name, const std::string& unit,
                 const std::vector<double>& rounds, std::optional<double> at_least) {
    const auto [least, most] = std::minmax_element(rounds.begin(), rounds.end());
    const double middle = median(rounds);
    json f{{"of", section_}, {"name", name}, {"unit", unit},    {"median", middle},
           {"min", *least},  {"max", *most}, {"rounds", rounds}};
    std::string verdict;
    if (at_least) {
        f["at_least"] = *at_least;
        verdict = fmt::format("  target {}: {}", short_number(*at_least),
                              middle >= *at_least ? "reached" : "MISSED");
    }
    const std::string indent(section_.empty() ? 2 : 4, ' ');
    fmt::print("{:<44}{:>9} {:<9} ({} to {}){}\n", indent + name, short_number(middle), unit,
               short_number(*least), short_number(*most), verdict);
    std::fflush(stdout);
    (*all_)["benchmarks"].back()["figures"].push_back(std::move(f));
}

void report::write_json(const std::string& path) const {
    std::ofstream to(path);
    to << all_->dump(2) << '\n';
    to.close();
    if (!to)
        throw std::runtime_error(
            fmt::format("{} cannot be written; name a file in a folder that exists", path));
}

}  // namespace slackline::bench
