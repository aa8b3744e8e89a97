#include "messages/frame_receiver.hpp"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace slackline {

namespace {
constexpr std::size_t small_room_bytes = 4'096;
}  // namespace

frame_receiver::frame_receiver(frame_limits limits, buffer_source source,
                               std::size_t bodies_expected_bytes)
    : limits_(limits),
      source_(std::move(source)),
      expected_bytes_(bodies_expected_bytes),
      expected_least_bytes_(bodies_expected_bytes) {}

std::array<std::span<std::byte>, 2> frame_receiver::room() {
    if (body_) return {body_->bytes().subspan(body_have_), {}};
    std::span<std::byte> ahead;
    if (expected_bytes_ > 0) {
        if (!ahead_) ahead_ = source_(frame_header_bytes + expected_bytes_);
        if (ahead_) ahead = {ahead_.get() + frame_header_bytes, expected_bytes_};
    }
    return {std::span(header_bytes_).subspan(header_have_), ahead};
}

result<void> frame_receiver::took(std::size_t n, std::vector<frame>& to) {
    if (body_) {
        assert(n <= body_->bytes().size() - body_have_);
        body_have_ += n;
        return body_grew(to);
    }
    const std::size_t of_header = std::min(n, frame_header_bytes - header_have_);
    header_have_ += of_header;
    if (header_have_ < frame_header_bytes) return {};
    return begin_body(n - of_header, to);
}

// The header is complete, and `there` bytes lie in the room ahead.
result<void> frame_receiver::begin_body(std::size_t there, std::vector<frame>& to) {
    auto header = parse_header(header_bytes_, limits_);
    if (!header) return tl::unexpected(std::move(header.error()));
    header_ = *header;
    header_have_ = 0;
    const frame_memory ahead = std::move(ahead_);
    ahead_.reset();
    const std::size_t room = ahead ? expected_bytes_ : 0;
    const std::size_t own = std::min<std::size_t>(there, header->body_bytes);
    // A small body does not take a large room along: whoever keeps it would keep all of that.
    if (header->body_bytes <= room && room <= 2 * header->body_bytes + small_room_bytes) {
        body_ = frame_body::in(*header, ahead);
    } else {
        auto body = frame_body::create(*header, source_);
        if (!body) return tl::unexpected(std::move(body.error()));
        body_ = std::move(*body);
        if (own > 0) std::memcpy(body_->bytes().data(), ahead.get() + frame_header_bytes, own);
        copied_bytes_ += own;
    }
    body_have_ = own;
    expect(header->body_bytes);
    if (auto ok = body_grew(to); !ok || own == there) return ok;
    return swallow({ahead.get() + frame_header_bytes + own, there - own}, to);
}

result<void> frame_receiver::body_grew(std::vector<frame>& to) {
    if (body_have_ < header_->body_bytes) return {};
    auto f = open_body(*header_, std::move(*body_));
    body_.reset();
    header_.reset();
    body_have_ = 0;
    if (!f) return tl::unexpected(std::move(f.error()));
    to.push_back(std::move(*f));
    return {};
}

// Bytes of later frames that arrived in the room of an earlier one.
result<void> frame_receiver::swallow(std::span<const std::byte> more, std::vector<frame>& to) {
    while (!more.empty()) {
        std::size_t n = 0;
        if (body_) {
            n = std::min(more.size(), body_->bytes().size() - body_have_);
            std::memcpy(body_->bytes().data() + body_have_, more.data(), n);
            copied_bytes_ += n;
            body_have_ += n;
            if (auto ok = body_grew(to); !ok) return ok;
        } else {
            n = std::min(more.size(), frame_header_bytes - header_have_);
            std::memcpy(header_bytes_.data() + header_have_, more.data(), n);
            header_have_ += n;
            if (header_have_ == frame_header_bytes)
                if (auto ok = begin_body(0, to); !ok) return ok;
        }
        more = more.subspan(n);
    }
    return {};
}

// Two bodies of one length: the next is taken to be as long.
void frame_receiver::expect(std::size_t body_bytes) {
    expected_bytes_ = std::max(body_bytes == last_bytes_ ? body_bytes : 0, expected_least_bytes_);
    last_bytes_ = body_bytes;
}

}  // namespace slackline
