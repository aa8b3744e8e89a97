#include "kernels/buffer.hpp"

#include <algorithm>
#include <mutex>
#include <new>
#include <vector>

namespace slackline {

void buffer::free_aligned::operator()(float* p) const {
    ::operator delete (p, std::align_val_t{alignment_bytes});
}

buffer::buffer(std::size_t floats)
    : data_(static_cast<float*>(
          ::operator new (floats * sizeof(float), std::align_val_t{alignment_bytes}))),
      size_(floats) {}

/// What the pool and every lent buffer hold together.
struct buffer_pool::shelf {
    const std::size_t floats_each;
    const std::size_t buffers_max;
    std::mutex mutex;
    std::vector<std::unique_ptr<buffer>> idle;
    std::size_t lent = 0;
    bool pool_gone = false;

    void take_back(buffer* returned) {
        std::unique_ptr<buffer> owned(returned);  // freed after the lock, if nobody wants it
        const std::lock_guard lock(mutex);
        --lent;
        if (!pool_gone) idle.push_back(std::move(owned));
    }
};

buffer_pool::buffer_pool(std::size_t floats_each, std::size_t buffers_max)
    : shelf_(new shelf{floats_each, buffers_max, {}, {}, 0, false}) {
    shelf_->idle.reserve(buffers_max);  // so that a return never allocates
}

buffer_pool::~buffer_pool() {
    std::vector<std::unique_ptr<buffer>> freed;  // freed after the lock
    const std::lock_guard lock(shelf_->mutex);
    shelf_->pool_gone = true;
    freed.swap(shelf_->idle);
}

std::shared_ptr<buffer> buffer_pool::try_acquire() {
    std::unique_ptr<buffer> b;
    {
        const std::lock_guard lock(shelf_->mutex);
        if (shelf_->lent == shelf_->buffers_max) return nullptr;
        if (shelf_->idle.empty()) {
            b = std::make_unique<buffer>(shelf_->floats_each);
        } else {
            b = std::move(shelf_->idle.back());
            shelf_->idle.pop_back();
        }
        ++shelf_->lent;
    }
    return {b.release(), [shelf = shelf_](buffer* back) { shelf->take_back(back); }};
}

std::size_t buffer_pool::lent() const {
    const std::lock_guard lock(shelf_->mutex);
    return shelf_->lent;
}

}  // namespace slackline
