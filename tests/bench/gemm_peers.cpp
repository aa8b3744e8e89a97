#include "tests/bench/gemm_peers.hpp"

#include <dlfcn.h>

namespace slackline::bench {

namespace {

using cblas_sgemm_function = void (*)(int order, int a_transposed, int b_transposed, int m, int n,
                                      int k, float alpha, const float* a, int a_stride,
                                      const float* b, int b_stride, float beta, float* c,
                                      int c_stride);

// Values of cblas.h.
constexpr int row_major = 101;
constexpr int plain = 111;
constexpr int transpose = 112;

template <class Function>
Function symbol(void* library, const char* name) {
    return reinterpret_cast<Function>(dlsym(library, name));
}

int order(const matrix& a) {
    return a.transposed ? transpose : plain;
}

int dim(std::size_t n) {
    return static_cast<int>(n);
}

gemm_call call_of(void* library) {
    const auto sgemm = symbol<cblas_sgemm_function>(library, "cblas_sgemm");
    if (sgemm == nullptr) return {};
    return [sgemm](std::size_t m, std::size_t n, std::size_t k, matrix a, matrix b, float* c,
                   std::size_t c_stride) {
        sgemm(row_major, order(a), order(b), dim(m), dim(n), dim(k), 1, a.data, dim(a.stride),
              b.data, dim(b.stride), 0, c, dim(c_stride));
    };
}

// Private to its handle: both libraries define cblas_sgemm.
void* load(const std::vector<const char*>& names) {
    for (const char* name : names)
        if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) return library;
    return nullptr;
}

gemm_library openblas() {
    void* library = load({"libopenblas.so.0", "libopenblas.so"});
    if (library == nullptr) return {"OpenBLAS", {}};
    if (const auto hold = symbol<void (*)(int)>(library, "openblas_set_num_threads")) hold(1);
    std::string name = "OpenBLAS";
    if (const auto core = symbol<char* (*)()>(library, "openblas_get_corename"))
        name += std::string(" as ") + core();
    return {name, call_of(library)};
}

gemm_library blis() {
    void* library = load({"libblis.so.4", "libblis.so"});
    if (library == nullptr) return {"BLIS", {}};
    if (const auto hold = symbol<void (*)(long)>(library, "bli_thread_set_num_threads")) hold(1);
    std::string name = "BLIS";
    if (const auto version = symbol<const char* (*)()>(library, "bli_info_get_version_str"))
        name += std::string(" ") + version();
    return {name, call_of(library)};
}

}  // namespace

std::vector<gemm_library> gemm_peers() {
    return {openblas(), blis()};
}

}  // namespace slackline::bench
