// Buffers and their pool: alignment, the bound, reuse, counts, threads, and a pool that goes first.
#include "kernels/buffer.hpp"

#include <algorithm>
#include <atomic>
#include <latch>
#include <set>
#include <thread>
#include <vector>

#include "tests/catch.hpp"

using slackline::buffer;
using slackline::buffer_pool;

namespace {

using lent = std::shared_ptr<buffer>;

}  // namespace

TEST_CASE("a buffer is aligned and has the size that was asked for", "[kernels]") {
    for (const std::size_t floats : {0u, 1u, 15u, 16u, 17u, 1000u}) {
        INFO("floats " << floats);
        buffer b(floats);
        CHECK(b.size() == floats);
        CHECK(reinterpret_cast<std::uintptr_t>(b.data()) % buffer::alignment_bytes == 0);
        std::fill_n(b.data(), floats, 1.0f);  // the sanitizer's builds see the end
        const buffer& read = b;
        CHECK(read.data() == b.data());
    }
}

TEST_CASE("a pool lends as many buffers as it may, each apart, and no more", "[kernels]") {
    buffer_pool pool(8, 3);
    std::vector<lent> held;
    std::set<float*> places;
    for (int i = 0; i < 3; ++i) {
        held.push_back(pool.try_acquire());
        REQUIRE(held.back());
        CHECK(held.back()->size() == 8);
        places.insert(held.back()->data());
    }
    CHECK(places.size() == 3);
    CHECK_FALSE(pool.try_acquire());
    CHECK_FALSE(pool.try_acquire());
    held.pop_back();
    CHECK(pool.try_acquire());
    CHECK(pool.lent() == 2);
}

TEST_CASE("a pool of no buffers lends none", "[kernels]") {
    buffer_pool pool(8, 0);
    CHECK_FALSE(pool.try_acquire());
    CHECK(pool.lent() == 0);
}

TEST_CASE("a buffer comes back when its last holder lets go, and is lent again", "[kernels]") {
    buffer_pool pool(8, 1);
    lent first = pool.try_acquire();
    REQUIRE(first);
    float* const place = first->data();
    place[7] = 42;
    lent second = first;
    first.reset();
    CHECK(pool.lent() == 1);
    CHECK_FALSE(pool.try_acquire());
    second.reset();
    CHECK(pool.lent() == 0);
    const lent again = pool.try_acquire();
    REQUIRE(again);
    CHECK(again->data() == place);
    CHECK(again->data()[7] == 42);  // as its last owner left it
}

TEST_CASE("memory is allocated once a buffer, however often it is lent", "[kernels]") {
    buffer_pool pool(1024, 4);
    std::set<float*> places;
    for (int round = 0; round < 50; ++round) {
        std::vector<lent> held;
        for (int i = 0; i <= round % 4; ++i) held.push_back(pool.try_acquire());
        for (const auto& b : held) places.insert(b->data());
    }
    CHECK(places.size() == 4);
    CHECK(pool.lent() == 0);
}

TEST_CASE("a buffer outlives its pool", "[kernels]") {
    lent kept;
    {
        buffer_pool pool(8, 2);
        kept = pool.try_acquire();
        const lent other = pool.try_acquire();
        REQUIRE(kept);
    }
    std::fill_n(kept->data(), kept->size(), 3.0f);
    CHECK(kept->data()[7] == 3.0f);
    kept.reset();
}

TEST_CASE("threads never hold more buffers than there are, nor one together", "[kernels]") {
    constexpr int buffers = 3;
    buffer_pool pool(2, buffers);
    std::atomic<int> held{0};
    std::atomic<int> most{0};
    std::atomic<int> shared{0};
    std::atomic<std::uint64_t> acquired{0};
    constexpr int workers = 5;
    std::latch start(workers);
    const auto work = [&](float me) {
        start.arrive_and_wait();
        for (int i = 0; i < 20000; ++i) {
            lent b = pool.try_acquire();
            if (!b) continue;
            ++acquired;
            const int now = ++held;
            for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
            }
            b->data()[0] = me;
            b->data()[1] = me;
            if (b->data()[0] != me || b->data()[1] != me) ++shared;
            --held;
        }
    };
    std::vector<std::thread> threads;
    for (int t = 0; t < workers; ++t) threads.emplace_back(work, static_cast<float>(t));
    for (auto& t : threads) t.join();
    CHECK(most <= buffers);
    CHECK(shared == 0);
    CHECK(acquired >= buffers);
    CHECK(pool.lent() == 0);
}
