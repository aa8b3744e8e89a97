#include "actors/log/write_ahead_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <utility>

#include "actors/checkpoint/durable_files.hpp"

namespace slackline {

namespace {

constexpr std::size_t name_digits = 16;
constexpr const char* name_end = ".log";
constexpr std::size_t gathered_bytes_max = 64u << 10;  // pieces as small are written as one

std::optional<std::uint64_t> first_of(const std::string& name) {
    if (name.size() != name_digits + 4 || !name.ends_with(name_end)) return std::nullopt;
    std::uint64_t first = 0;
    const char* end = name.data() + name_digits;
    const auto [at, error] = std::from_chars(name.data(), end, first, 16);
    if (at != end || error != std::errc{}) return std::nullopt;
    return first;
}

}  // namespace

write_ahead_log::write_ahead_log(storage& files, std::string folder, log_identity id,
                                 std::uint64_t segment_bytes)
    : files_(&files), folder_(std::move(folder)), id_(id), segment_bytes_(segment_bytes) {}

std::string write_ahead_log::path_of(std::uint64_t first) const {
    return fmt::format("{}/{:016x}{}", folder_, first, name_end);
}

result<write_ahead_log> write_ahead_log::open(storage& files, std::string folder, log_identity id,
                                              std::uint64_t segment_bytes) {
    write_ahead_log log(files, std::move(folder), id, segment_bytes);
    if (auto r = make_durable_directory(files, log.folder_); !r)
        return tl::unexpected(std::move(r.error()));
    if (auto r = log.find_segments(); !r) return tl::unexpected(std::move(r.error()));
    if (auto r = log.repair_last(); !r) return tl::unexpected(std::move(r.error()));
    log.durable_ = log.next_;
    return log;
}

result<void> write_ahead_log::find_segments() {
    const auto names = files_->list(folder_);
    if (!names) return tl::unexpected(names.error());
    for (const auto& name : *names) {
        const auto first = first_of(name);
        if (!first) continue;
        const auto size = files_->size(folder_ + "/" + name);
        if (!size) return tl::unexpected(size.error());
        segments_[*first] = *size;
    }
    return {};
}

// What a process wrote and did not sync may be read back and lost later all the same: what was
// found is written once more, without what does not check.
result<void> write_ahead_log::repair_last() {
    if (segments_.empty()) return {};
    auto& [first, size] = *segments_.rbegin();
    const auto path = path_of(first);
    auto file = files_->read(path);
    if (!file) return tl::unexpected(std::move(file.error()));
    auto found = read_segment(path, std::move(*file), id_, first);
    if (!found) return tl::unexpected(std::move(found.error()));
    next_ = first + found->part.records.size();
    if (found->part.records.empty()) return {};  // begun anew with the first record
    size = found->whole_bytes;
    return write_durably(*files_, path, std::span(*found->part.memory).first(found->whole_bytes));
}

template <class T>
result<T> write_ahead_log::checked(result<T> r) {
    if (!r && !broken_) {
        broken_ = failure{r.error().code,
                          fmt::format("{}; the log takes nothing more until it is opened anew",
                                      r.error().sentence)};
        file_.reset();
    }
    return r;
}

result<std::uint64_t> write_ahead_log::append(pieces payload) {
    if (broken_) return tl::unexpected(*broken_);
    std::uint64_t n = 0;
    for (const auto& piece : payload) n += piece.size();
    if (n == 0 || n > std::numeric_limits<std::uint32_t>::max())
        return fail(failure_code::usage,
                    fmt::format("a record of {} bytes cannot be logged; 1 byte to 4 GiB can", n));
    const bool full = file_ && segments_.rbegin()->second >= segment_bytes_;
    if (!file_ || full)
        if (auto r = checked(begin_segment()); !r) return tl::unexpected(std::move(r.error()));
    if (auto r = checked(write(payload)); !r) return tl::unexpected(std::move(r.error()));
    return next_++;
}

// Under its name a segment always has a whole head.
result<void> write_ahead_log::begin_segment() {
    if (auto r = sync(); !r) return r;
    file_.reset();
    const auto path = path_of(next_);
    const auto fresh = path + ".new";
    if (auto r = files_->remove(fresh); !r) return r;
    auto file = files_->create(fresh);
    if (!file) return tl::unexpected(std::move(file.error()));
    const auto head = segment_head(id_, next_);
    if (auto r = (*file)->append(head); !r) return r;
    if (auto r = (*file)->sync(); !r) return r;
    if (auto r = files_->rename(fresh, path); !r) return r;
    if (auto r = files_->sync_directory(folder_); !r) return r;
    file_ = std::move(*file);
    segments_[next_] = head.size();
    return {};
}

result<void> write_ahead_log::write(pieces payload) {
    auto gathered = make_record_head(id_, next_, durable_, payload);
    auto& size = segments_.rbegin()->second;
    std::size_t n = 0;
    const auto flush = [&]() -> result<void> {
        if (gathered.empty()) return {};
        size += gathered.size();
        auto r = file_->append(gathered);
        gathered.clear();
        return r;
    };
    for (const auto& piece : payload) {
        n += piece.size();
        if (gathered.size() + piece.size() <= gathered_bytes_max) {
            gathered.insert(gathered.end(), piece.begin(), piece.end());
            continue;
        }
        if (auto r = flush(); !r) return r;
        size += piece.size();
        if (auto r = file_->append(piece); !r) return r;
    }
    gathered.resize(gathered.size() + record_pad_bytes(n));
    return flush();
}

result<void> write_ahead_log::sync() {
    if (broken_) return tl::unexpected(*broken_);
    if (durable_ == next_) return {};
    if (auto r = checked(file_->sync()); !r) return r;
    durable_ = next_;
    return {};
}

result<log_part> write_ahead_log::read(std::uint64_t position) {
    if (position >= next_) return log_part{};
    if (position < begin())
        return fail(failure_code::not_found,
                    fmt::format("{} begins with record {}, and record {} is asked for; go on from "
                                "the newest checkpoint",
                                folder_, begin(), position));
    const auto behind = segments_.upper_bound(position);
    const auto first = std::prev(behind)->first;
    const auto end = behind == segments_.end() ? next_ : behind->first;
    auto file = files_->read(path_of(first));
    if (!file) return tl::unexpected(std::move(file.error()));
    auto found = read_segment(path_of(first), std::move(*file), id_, first);
    if (!found) return tl::unexpected(std::move(found.error()));
    auto& records = found->part.records;
    if (first + records.size() < end)
        return fail(failure_code::checksum,
                    fmt::format("{} is damaged at byte {}: record {} is not whole, and others were "
                                "written behind it; restore the file, or go on from the newest "
                                "checkpoint without the log",
                                path_of(first), found->whole_bytes, first + records.size()));
    records.erase(records.begin(), records.begin() + static_cast<std::ptrdiff_t>(position - first));
    return std::move(found->part);
}

result<void> write_ahead_log::trim(std::uint64_t position) {
    while (segments_.size() > 1 && std::next(segments_.begin())->first <= position) {
        const auto first = segments_.begin()->first;
        if (auto r = files_->remove(path_of(first)); !r) return r;
        segments_.erase(first);
        // One after the other: a crash that brought back an older one would leave a gap.
        if (auto r = files_->sync_directory(folder_); !r) return r;
    }
    return {};
}

}  // namespace slackline
