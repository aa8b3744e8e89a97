// Other libraries of matrix products, where this machine happens to have them.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kernels/gemm.hpp"

namespace slackline::bench {

using gemm_call = std::function<void(std::size_t m, std::size_t n, std::size_t k, matrix a,
                                     matrix b, float* c, std::size_t c_stride)>;

struct gemm_library {
    std::string name;
    gemm_call call;  ///< none: not installed. c = a * b, in the caller's thread alone.
};

/// OpenBLAS and BLIS, loaded at run time and held at one thread. They stay loaded.
std::vector<gemm_library> gemm_peers();

}  // namespace slackline::bench
