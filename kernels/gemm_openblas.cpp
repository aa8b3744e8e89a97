#include <cblas.h>

#include <cassert>
#include <mutex>

#include "kernels/gemm.hpp"

namespace slackline {

namespace {

/// OpenBLAS' number of threads belongs to the process: set to one, once.
void hold_at_one_thread() {
    static std::once_flag once;
    std::call_once(once, [] { openblas_set_num_threads(1); });
}

CBLAS_TRANSPOSE order(const matrix& a) {
    return a.transposed ? CblasTrans : CblasNoTrans;
}

blasint dim(std::size_t n) {
    return static_cast<blasint>(n);
}

}  // namespace

void gemm(std::size_t m, std::size_t n, std::size_t k, matrix a, matrix b, float beta, float* c,
          std::size_t c_stride) {
    assert(m > 0 && n > 0 && k > 0);
    hold_at_one_thread();
    cblas_sgemm(CblasRowMajor, order(a), order(b), dim(m), dim(n), dim(k), 1.0f, a.data,
                dim(a.stride), b.data, dim(b.stride), beta, c, dim(c_stride));
}

std::string blas_description() {
    const std::string config = openblas_get_config();  // "OpenBLAS 0.3.21 NO_LAPACKE ..."
    const auto name_end = config.find(' ');
    const auto version_end = config.find(' ', name_end + 1);
    return config.substr(0, version_end) + " (core type " + openblas_get_corename() +
           ", one thread a call)";
}

}  // namespace slackline
