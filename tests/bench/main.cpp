// Runs the named benchmarks, or all of them. Exit: 0 done, 1 something came out wrong, 2 usage.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "tests/bench/benchmarks.hpp"

namespace {

using namespace slackline::bench;

struct benchmark {
    const char* name;
    const char* what;
    void (*run)(report&, const settings&);
};

constexpr benchmark benchmarks[] = {
    {"mlp", "what the servers cost: one thread, Hogwild, and Slackline, side by side", mlp},
    {"blas", "the matrix products of one training step", blas},
    {"apply", "the optimizers' way through memory", apply_step},
    {"frame", "a gradient as a frame, and how much of it is copied", push_frame},
    {"order", "the sequencer's core alone", order},
    {"link", "pushes and pulls between two processes, beside bare sockets", link},
    {"stale", "what staleness alone does to the demo's training", stale},
};

struct arguments {
    std::vector<std::string> names;
    std::string json;
    std::string optimizer = "sgd";
    settings measure;
};

void declare(CLI::App& app, arguments& a) {
    std::vector<std::string> known;
    std::string list = "Benchmarks:";
    for (const auto& b : benchmarks) {
        known.emplace_back(b.name);
        list += std::string("\n  ") + b.name + ": " + b.what;
    }
    app.footer(list);
    app.add_option("NAME", a.names, "Benchmarks to run; none: all")->check(CLI::IsMember(known));
    app.add_option("--json", a.json, "Write every figure to this file");
    app.add_option("--rounds", a.measure.rounds, "Rounds of each figure")
        ->check(CLI::Range(1, 1000));
    app.add_option("--round-s", a.measure.round_s, "About so many seconds a round")
        ->check(CLI::Range(0.001, 60.0));
    app.add_option("--optimizer", a.optimizer, "Of the benchmark mlp");
}

void run(const arguments& a) {
    report to;
    for (const auto& b : benchmarks)
        if (a.names.empty() || std::find(a.names.begin(), a.names.end(), b.name) != a.names.end())
            b.run(to, a.measure);
    if (!a.json.empty()) to.write_json(a.json);
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Measures Slackline on this machine"};
    arguments a;
    declare(app, a);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        return app.exit(e) == 0 ? 0 : 2;
    }
    if (!slackline::from_string(a.optimizer, a.measure.optimizer)) {
        std::fprintf(stderr, "bench: there is no optimizer '%s'\n", a.optimizer.c_str());
        return 2;
    }
    try {
        run(a);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "bench: %s\n", e.what());
        return 1;
    }
    return 0;
}
