// What it costs to send a gradient: a push frame built, encoded, received and opened; and how much
// of its payload is copied on the way, found by where the bytes lie.
#include "messages/frame.hpp"

#include <fmt/format.h>

#include <cstring>
#include <stdexcept>

#include "messages/decode.hpp"
#include "messages/encode.hpp"
#include "tests/bench/benchmarks.hpp"
#include "tests/bench/timing.hpp"

namespace slackline::bench {

namespace {

using payload = std::span<const std::byte>;

frame push_of(payload bytes, const std::shared_ptr<const void>& owner) {
    frame_builder b({role::WORKER, 0}, {role::SHARD, 0}, 1, 1);
    auto push = b.root().initPush();
    push.setItem(7);
    b.attach([&](unsigned n) { return push.initDense(n); }, bytes, owner);
    return b.finish();
}

payload dense_of(const frame& f, std::size_t bytes) {
    frame_reader reader(f);
    return contiguous(reader.root().getPush().getDense(), bytes);
}

std::size_t bytes_inside(payload part, payload whole) {
    return part.data() >= whole.data() && part.data() < whole.data() + whole.size()
               ? std::min(part.size(), whole.size())
               : 0;
}

/// Payload bytes that the encoded frame does not take from where the sender has them.
std::size_t copied_by_encoding(const encoded_frame& e, payload bytes) {
    std::size_t uncopied = 0;
    for (const auto piece : e.pieces()) uncopied += bytes_inside(piece, bytes);
    return bytes.size() - std::min(bytes.size(), uncopied);
}

std::vector<std::byte> joined(const encoded_frame& e) {
    std::vector<std::byte> all;
    for (const auto piece : e.pieces()) all.insert(all.end(), piece.begin(), piece.end());
    return all;
}

template <class T>
T need(result<T> r) {
    if (!r) throw std::runtime_error(r.error().sentence);
    return std::move(*r);
}

constexpr frame_limits limits{1u << 30, false};

/// Bytes as a link has read them: the header apart, the body where the receiver put it.
struct arrival {
    explicit arrival(payload wire)
        : header(need(parse_header(wire.first<frame_header_bytes>(), limits))),
          memory(heap_buffer(wire.size())) {
        std::memcpy(memory.get(), wire.data(), wire.size());
    }

    frame open() const {
        return need(open_body(
            header, need(frame_body::create(header, [this](std::size_t) { return memory; }))));
    }

    frame_header header;
    frame_memory memory;
};

/// Payload bytes of a received frame that lie elsewhere than where they arrived.
std::size_t copied_by_opening(payload wire, payload bytes) {
    const arrival a(wire);
    const frame f = a.open();
    const auto seen = dense_of(f, bytes.size());
    if (seen.size() != bytes.size() || std::memcmp(seen.data(), bytes.data(), bytes.size()) != 0)
        throw std::runtime_error("the payload of a push came out changed");
    return bytes.size() - bytes_inside(seen, {a.memory.get(), wire.size()});
}

void measure(report& to, const settings& s, std::size_t bytes) {
    const auto memory = heap_buffer(bytes);
    std::memset(memory.get(), 1, bytes);
    const payload whole(memory.get(), bytes);
    const frame push = push_of(whole, memory);
    const auto time = [&](const std::string& name, auto f) {
        std::vector<double> us;
        for (unsigned r = 0; r < s.rounds; ++r)
            us.push_back(1e6 * seconds_a_call(s.round_s / 8, f));
        to.add(name, "us", us);
    };
    to.section(fmt::format("a push of {} bytes", bytes));
    time("build", [&] { push_of(whole, memory); });
    time("read in place", [&] { dense_of(push, bytes); });
    for (const auto sum : {checksum::absent, checksum::present}) {
        const std::string with = sum == checksum::present ? ", with checksum" : "";
        const auto wire = joined(need(encode(push, sum)));
        time("encode" + with, [&] { need(encode(push, sum)); });
        time("open" + with, [arrived = arrival(wire)] { arrived.open(); });
        to.add("payload copied by encoding" + with, "bytes",
               {static_cast<double>(copied_by_encoding(need(encode(push, sum)), whole))});
        to.add("payload copied by opening" + with, "bytes",
               {static_cast<double>(copied_by_opening(wire, whole))});
    }
}

}  // namespace

void push_frame(report& to, const settings& s) {
    to.begin("frame", "a push of a gradient as a frame, from memory to the wire and back");
    measure(to, s, 64);
    measure(to, s, 235'146 * sizeof(float) / 2 / 8 * 8);
    measure(to, s, 16u << 20);
}

}  // namespace slackline::bench
