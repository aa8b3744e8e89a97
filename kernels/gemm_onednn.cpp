#include <omp.h>
#include <oneapi/dnnl/dnnl.h>

#include <cassert>
#include <cstdint>

#include "kernels/gemm.hpp"

namespace slackline {

namespace {

/// Holds oneDNN's parallel regions, opened from this thread, at one thread.
class one_thread {
public:
    one_thread() : before_(omp_get_max_threads()) { omp_set_num_threads(1); }
    ~one_thread() { omp_set_num_threads(before_); }
    one_thread(const one_thread&) = delete;
    one_thread& operator=(const one_thread&) = delete;

private:
    int before_;
};

dnnl_dim_t dim(std::size_t n) {
    return static_cast<dnnl_dim_t>(n);
}

std::string isa_name(dnnl_cpu_isa_t isa) {
    const auto bits = static_cast<unsigned>(isa);
    const auto has = [bits](dnnl_cpu_isa_t level) {
        return (bits & static_cast<unsigned>(level)) == static_cast<unsigned>(level);
    };
    if (has(dnnl_cpu_isa_avx512_core)) return "AVX-512";
    if (has(dnnl_cpu_isa_avx2)) return "AVX2";
    if (has(dnnl_cpu_isa_avx)) return "AVX";
    return "SSE4.1";
}

}  // namespace

void gemm(std::size_t m, std::size_t n, std::size_t k, matrix a, matrix b, float beta, float* c,
          std::size_t c_stride) {
    assert(m > 0 && n > 0 && k > 0);
    const one_thread guard;
    [[maybe_unused]] const dnnl_status_t status =
        dnnl_sgemm(a.transposed ? 'T' : 'N', b.transposed ? 'T' : 'N', dim(m), dim(n), dim(k), 1.0f,
                   a.data, dim(a.stride), b.data, dim(b.stride), beta, c, dim(c_stride));
    assert(status == dnnl_success);
}

std::string blas_description() {
    const dnnl_version_t& v = *dnnl_version();
    return "oneDNN " + std::to_string(v.major) + "." + std::to_string(v.minor) + "." +
           std::to_string(v.patch) + " (" + isa_name(dnnl_get_effective_cpu_isa()) +
           ", one thread a call)";
}

}  // namespace slackline
