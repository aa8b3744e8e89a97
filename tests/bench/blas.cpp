// The eight matrix products of one step of the MLP 784-256-128-10 at batch 64, one thread, by the
// library that the product is built with and by others that are installed.
#include <fmt/format.h>

#include <cmath>
#include <numeric>
#include <random>
#include <stdexcept>

#include "tests/bench/benchmarks.hpp"
#include "tests/bench/gemm_peers.hpp"
#include "tests/bench/timing.hpp"

namespace slackline::bench {

namespace {

constexpr std::size_t batch = 64;

struct product {
    const char* name;
    std::size_t m, n, k;
    bool a_transposed, b_transposed;
};

// As kernels/dense.cpp calls them: y = x W, dx = dy W', dW = x' dy.
constexpr product products[] = {
    {"y  layer 0", batch, 256, 784, false, false}, {"y  layer 1", batch, 128, 256, false, false},
    {"y  layer 2", batch, 10, 128, false, false},  {"dW layer 2", 128, 10, batch, true, false},
    {"dx layer 2", batch, 128, 10, false, true},   {"dW layer 1", 256, 128, batch, true, false},
    {"dx layer 1", batch, 256, 128, false, true},  {"dW layer 0", 784, 256, batch, true, false},
};

std::vector<float> random_floats(std::size_t n) {
    std::mt19937 r(1);
    std::uniform_real_distribution<float> value(-1, 1);
    std::vector<float> v(n);
    for (auto& x : v) x = value(r);
    return v;
}

/// One product with operands of its own.
struct operands {
    explicit operands(const product& p)
        : of(p), a(random_floats(p.m * p.k)), b(random_floats(p.k * p.n)), c(p.m * p.n) {}

    void run(const gemm_call& call) {
        call(of.m, of.n, of.k, {a.data(), of.a_transposed ? of.m : of.k, of.a_transposed},
             {b.data(), of.b_transposed ? of.k : of.n, of.b_transposed}, c.data(), of.n);
    }

    // Against a sum in double; within the error of a float sum in any order (Higham 2002, 3.1).
    bool right() const {
        for (std::size_t i = 0; i < of.m; ++i)
            for (std::size_t j = 0; j < of.n; ++j) {
                double sum = 0, size = 0;
                for (std::size_t l = 0; l < of.k; ++l) {
                    const double x = of.a_transposed ? a[l * of.m + i] : a[i * of.k + l];
                    const double y = of.b_transposed ? b[j * of.k + l] : b[l * of.n + j];
                    sum += x * y;
                    size += std::fabs(x * y);
                }
                const double bound = static_cast<double>(of.k) * 0x1p-23 * size;
                if (std::fabs(c[i * of.n + j] - sum) > bound) return false;
            }
        return true;
    }

    product of;
    std::vector<float> a, b, c;
};

struct measured_library {
    gemm_library library;
    std::vector<std::vector<double>> us{std::size(products)};  ///< [products][rounds]
};

void check(const gemm_library& library, std::vector<operands>& all) {
    for (auto& o : all) {
        o.run(library.call);
        if (!o.right())
            throw std::runtime_error(
                fmt::format("{} computes {} wrongly", library.name, o.of.name));
    }
}

void tell(report& to, const measured_library& m) {
    const auto rounds = m.us.front().size();
    std::vector<double> sum(rounds), rate;
    for (std::size_t p = 0; p < std::size(products); ++p) {
        to.add(products[p].name, "us", m.us[p]);
        for (std::size_t r = 0; r < rounds; ++r) sum[r] += m.us[p][r];
    }
    double operations = 0;
    for (const auto& p : products) operations += 2 * static_cast<double>(p.m * p.n * p.k);
    for (const double us : sum) rate.push_back(operations / us * 1e-3);
    to.add("all eight", "us", sum);
    to.add("all eight", "GFLOP/s", rate);
}

std::vector<measured_library> libraries(report& to) {
    std::vector<measured_library> all;
    all.push_back({{blas_description() + ", the product's",
                    [](std::size_t m, std::size_t n, std::size_t k, matrix a, matrix b, float* c,
                       std::size_t c_stride) { gemm(m, n, k, a, b, 0, c, c_stride); }}});
    for (auto& peer : gemm_peers())
        if (peer.call)
            all.push_back({std::move(peer)});
        else
            to.note(peer.name + ": not installed");
    return all;
}

}  // namespace

void blas(report& to, const settings& s) {
    to.begin("blas",
             "the eight matrix products of a step of the MLP 784-256-128-10 at batch 64, "
             "one thread");
    auto all = libraries(to);
    std::vector<operands> work(std::begin(products), std::end(products));
    for (const auto& m : all) check(m.library, work);
    const double each_s = s.round_s / static_cast<double>(std::size(products));
    for (unsigned r = 0; r < s.rounds; ++r)
        for (auto& m : all)
            for (std::size_t p = 0; p < work.size(); ++p)
                m.us[p].push_back(1e6 *
                                  seconds_a_call(each_s, [&] { work[p].run(m.library.call); }));
    for (const auto& m : all) {
        to.section(m.library.name);
        tell(to, m);
    }
}

}  // namespace slackline::bench
