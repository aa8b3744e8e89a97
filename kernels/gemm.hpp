// Single-precision matrix product, row-major, by the library that CMake's SLACKLINE_BLAS names.
//
// Owner and thread: no state of ours; any number of threads may call at once, and each call runs
// in its caller's thread alone, so that the process has no more busy threads than its workers.
// Equal arguments give equal bits on one machine with one library.
//
// Choice, measured on an AMD EPYC 7001 core (AVX2), sum of the eight products of a step of the MLP
// 784-256-128-10 at batch 64, in microseconds (two threads at once differ by less than 2 %):
// oneDNN 2.6.3 1731; BLIS 0.9.0 1905; OpenBLAS 0.3.21 as Zen 3434, as Haswell 3319, as
// Excavator 2021. tests/bench/blas.cpp repeats the measurement for the library in use.
#pragma once

#include <cstddef>
#include <string>

namespace slackline {

/// An operand: rows of `stride` floats; read as its transpose when `transposed`.
struct matrix {
    const float* data = nullptr;
    std::size_t stride = 0;
    bool transposed = false;
};

/// c [m, n] = a [m, k] * b [k, n] + beta * c; c has rows of c_stride floats. m, n, k >= 1.
/// With beta 0, c is only written.
void gemm(std::size_t m, std::size_t n, std::size_t k, matrix a, matrix b, float beta, float* c,
          std::size_t c_stride);

/// Library, version and instruction set or core type, to print at start.
std::string blas_description();

}  // namespace slackline
