// The matrix product against plain loops in double: odd shapes, transposes, strides and betas.
#include "kernels/gemm.hpp"

#include <cmath>
#include <thread>

#include "tests/catch.hpp"
#include "tests/unit/kernels_numbers.hpp"

using namespace slackline;
using test::numbers;

namespace {

constexpr std::size_t sizes[] = {1, 3, 17, 64};

/// Rows of `columns` floats and `padding` more, which nobody may write.
struct operand {
    std::size_t columns, stride;
    std::vector<float> data;

    operand(std::size_t rows, std::size_t columns_, std::size_t padding, numbers& draw)
        : columns(columns_), stride(columns + padding), data(draw.many(rows * stride)) {}

    float at(std::size_t r, std::size_t c) const { return data[r * stride + c]; }
};

struct product {
    std::size_t m, n, k;
    bool a_transposed, b_transposed;
    operand a, b, c;

    product(std::size_t m_, std::size_t n_, std::size_t k_, bool ta, bool tb, std::size_t padding,
            numbers& draw)
        : m(m_),
          n(n_),
          k(k_),
          a_transposed(ta),
          b_transposed(tb),
          a(ta ? k : m, ta ? m : k, padding, draw),
          b(tb ? n : k, tb ? k : n, padding, draw),
          c(m, n, padding, draw) {}

    void run(float beta, std::vector<float>& out) const {
        gemm(m, n, k, {a.data.data(), a.stride, a_transposed},
             {b.data.data(), b.stride, b_transposed}, beta, out.data(), c.stride);
    }

    double expected(std::size_t row, std::size_t column) const {
        double sum = 0;
        for (std::size_t i = 0; i < k; ++i)
            sum += static_cast<double>(a_transposed ? a.at(i, row) : a.at(row, i)) *
                   (b_transposed ? b.at(column, i) : b.at(i, column));
        return sum;
    }
};

/// Each of the k additions rounds a sum below k + 1, and each product of two numbers below 1 once
/// more, in whatever order the library adds.
double bound(const product& p) {
    const auto terms = static_cast<double>(p.k + 1);
    return 2 * terms * terms * test::rounding;
}

void check(const product& p, float beta) {
    std::vector<float> out = p.c.data;
    if (beta == 0)
        for (std::size_t r = 0; r < p.m; ++r)
            for (std::size_t j = 0; j < p.n; ++j) out[r * p.c.stride + j] = test::not_a_number;
    p.run(beta, out);
    double distance = 0;
    std::size_t padding_written = 0;
    for (std::size_t r = 0; r < p.m; ++r)
        for (std::size_t j = 0; j < p.c.stride; ++j) {
            const float found = out[r * p.c.stride + j];
            if (j >= p.n) {
                padding_written += found == p.c.at(r, j) ? 0 : 1;
                continue;
            }
            const double kept = beta == 0 ? 0 : static_cast<double>(beta) * p.c.at(r, j);
            const double d = std::fabs(found - (p.expected(r, j) + kept));
            distance = d <= distance ? distance : d;  // not a number stays
        }
    CHECK(distance <= bound(p));
    CHECK(padding_written == 0);
}

}  // namespace

TEST_CASE("gemm is the plain product at every odd shape, transpose and stride", "[kernels]") {
    numbers draw(31);
    for (const std::size_t m : sizes)
        for (const std::size_t n : sizes)
            for (const std::size_t k : sizes)
                for (int variant = 0; variant < 8; ++variant) {
                    const product p(m, n, k, (variant & 1) != 0, (variant & 2) != 0,
                                    (variant & 4) != 0 ? 5 : 0, draw);
                    INFO("m " << m << ", n " << n << ", k " << k << ", variant " << variant);
                    for (const float beta : {0.0f, 1.0f, -0.5f}) check(p, beta);
                }
}

TEST_CASE("gemm gives equal bits in every thread", "[kernels]") {
    numbers draw(32);
    const product p(64, 17, 129, false, true, 3, draw);
    std::vector<float> first = p.c.data;
    p.run(1.0f, first);
    std::vector<std::vector<float>> found(4, p.c.data);
    std::vector<std::thread> threads;
    for (auto& out : found) threads.emplace_back([&p, &out] { p.run(1.0f, out); });
    for (auto& t : threads) t.join();
    for (const auto& out : found) CHECK(out == first);
}

TEST_CASE("the matrix library names itself and its one thread", "[kernels]") {
    const std::string description = blas_description();
    INFO(description);
    CHECK((description.find("oneDNN") == 0 || description.find("OpenBLAS") == 0));
    CHECK(description.find("one thread a call") != std::string::npos);
}
