#include "cluster/link/receive_pool.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace slackline {

namespace {

struct sized {
    std::size_t bytes = 0;
    frame_memory memory;
};

struct shelf {
    explicit shelf(std::size_t most) : idle_bytes_max(most) {}

    sized take(std::size_t bytes) {
        const std::lock_guard lock(mutex);
        const auto found = idle.lower_bound(bytes);
        if (found == idle.end() || found->first > 2 * bytes + 4'096) return {};
        sized taken{found->first, std::move(found->second)};
        idle_bytes -= taken.bytes;
        idle.erase(found);
        return taken;
    }

    void put_back(sized back) {
        const std::lock_guard lock(mutex);
        if (back.bytes > idle_bytes_max) return;
        while (idle_bytes + back.bytes > idle_bytes_max) {  // the smallest are the cheapest anew
            idle_bytes -= idle.begin()->first;
            idle.erase(idle.begin());
        }
        idle_bytes += back.bytes;
        // In front of its equals: what was used last is still in the processor's cache.
        idle.emplace_hint(idle.lower_bound(back.bytes), back.bytes, std::move(back.memory));
    }

    const std::size_t idle_bytes_max;
    std::mutex mutex;
    std::multimap<std::size_t, frame_memory> idle;
    std::size_t idle_bytes = 0;
};

// Lends memory that goes back to the shelf when the last owner lets go.
frame_memory lend(sized what, const std::shared_ptr<shelf>& from) {
    auto* at = what.memory.get();
    return frame_memory(at, [from, what = std::move(what)](std::byte*) mutable {
        from->put_back(std::move(what));
    });
}

}  // namespace

buffer_source make_receive_pool(std::size_t idle_bytes_max) {
    return [from = std::make_shared<shelf>(idle_bytes_max)](std::size_t bytes) -> frame_memory {
        auto what = from->take(bytes);
        if (!what.memory) what = {bytes, heap_buffer(bytes)};
        return what.memory ? lend(std::move(what), from) : nullptr;
    };
}

}  // namespace slackline
