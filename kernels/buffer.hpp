// Aligned memory for gradients and parameters, lent from a pool of fixed size.
//
// Owner and thread: any thread may acquire; a buffer belongs to whoever holds it and returns to its
// pool, from any thread, when the last shared_ptr lets go. The pool may be destroyed first: buffers
// that are still lent are then freed as they return.
// Units: sizes in floats. Contents of a fresh buffer are whatever its last owner left.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

namespace slackline {

class buffer {
public:
    static constexpr std::size_t alignment_bytes = 64;

    explicit buffer(std::size_t floats);

    float* data() { return data_.get(); }
    const float* data() const { return data_.get(); }
    std::size_t size() const { return size_; }

private:
    struct free_aligned {
        void operator()(float* p) const;
    };
    std::unique_ptr<float, free_aligned> data_;
    std::size_t size_;
};

class buffer_pool {
public:
    /// Memory for a buffer is allocated when it is first needed, and kept.
    buffer_pool(std::size_t floats_each, std::size_t buffers_max);
    ~buffer_pool();
    buffer_pool(const buffer_pool&) = delete;
    buffer_pool& operator=(const buffer_pool&) = delete;

    /// A buffer of floats_each floats, or null when buffers_max are lent.
    std::shared_ptr<buffer> try_acquire();

    /// Buffers lent now.
    std::size_t lent() const;

private:
    struct shelf;
    std::shared_ptr<shelf> shelf_;
};

}  // namespace slackline
