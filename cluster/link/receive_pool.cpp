#include "cluster/link/receive_pool.hpp"

#include <map>
#include <memory>
#include <mutex>

namespace slackline {

namespace {

/// By length in bytes. A piece of memory keeps its node of the map while it is lent.
using pieces = std::multimap<std::size_t, frame_memory>;
using piece = pieces::node_type;

struct shelf {
    explicit shelf(std::size_t most) : idle_bytes_max(most) {}

    piece take(std::size_t bytes) {
        const std::lock_guard lock(mutex);
        const auto found = idle.lower_bound(bytes);
        if (found == idle.end() || found->first > 2 * bytes + 4'096) return {};
        idle_bytes -= found->first;
        return idle.extract(found);
    }

    void put_back(piece back) {
        const std::lock_guard lock(mutex);
        if (back.key() > idle_bytes_max) return;
        while (idle_bytes + back.key() > idle_bytes_max) {  // the smallest are the cheapest anew
            idle_bytes -= idle.begin()->first;
            idle.erase(idle.begin());
        }
        idle_bytes += back.key();
        // In front of its equals: what was used last is still in the processor's cache.
        const auto before = idle.lower_bound(back.key());
        idle.insert(before, std::move(back));
    }

    const std::size_t idle_bytes_max;
    std::mutex mutex;
    pieces idle;
    std::size_t idle_bytes = 0;
};

// Lends memory that goes back to the shelf when the last owner lets go.
frame_memory lend(piece what, const std::shared_ptr<shelf>& from) {
    auto* at = what.mapped().get();
    return frame_memory(at, [from, what = std::move(what)](std::byte*) mutable {
        from->put_back(std::move(what));
    });
}

}  // namespace

buffer_source make_receive_pool(std::size_t idle_bytes_max) {
    return [from = std::make_shared<shelf>(idle_bytes_max)](std::size_t bytes) -> frame_memory {
        auto what = from->take(bytes);
        if (!what) {
            auto memory = heap_buffer(bytes);
            if (!memory) return nullptr;
            pieces one;
            what = one.extract(one.emplace(bytes, std::move(memory)));
        }
        return lend(std::move(what), from);
    };
}

}  // namespace slackline
