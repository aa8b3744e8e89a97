#include "actors/log/write_ahead_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <limits>
#include <string_view>
#include <utility>

#include "actors/checkpoint/durable_files.hpp"

namespace slackline {

namespace {

constexpr std::uint64_t position_max = std::uint64_t{1} << 62;
constexpr std::string_view fresh_suffix = ".new";      // of a file until it takes its place
constexpr std::size_t gathered_bytes_max = 64u << 10;  // pieces as small are written as one

std::string name_of(std::uint64_t first) {
    return fmt::format("{:016x}.log", first);
}

// None: the file is no segment.
std::optional<std::uint64_t> first_of(const std::string& name) {
    std::uint64_t first = 0;
    std::from_chars(name.data(), name.data() + name.size(), first, 16);
    if (name != name_of(first) || first > position_max) return std::nullopt;
    return first;
}

}  // namespace

write_ahead_log::write_ahead_log(storage& files, std::string folder, log_identity id,
                                 std::uint64_t segment_bytes)
    : files_(&files), folder_(std::move(folder)), id_(id), segment_bytes_(segment_bytes) {}

std::string write_ahead_log::path_of(std::uint64_t first) const {
    return folder_ + "/" + name_of(first);
}

result<write_ahead_log> write_ahead_log::open(storage& files, std::string folder, log_identity id,
                                              std::uint64_t kept_from,
                                              std::uint64_t segment_bytes) {
    write_ahead_log log(files, std::move(folder), id, segment_bytes);
    if (auto r = make_durable_directory(files, log.folder_); !r)
        return tl::unexpected(std::move(r.error()));
    if (auto r = log.find_segments(); !r) return tl::unexpected(std::move(r.error()));
    auto last = log.read_last();
    if (!last) return tl::unexpected(std::move(last.error()));
    if (auto r = log.remove_unfinished(); !r) return tl::unexpected(std::move(r.error()));
    if (auto r = log.remove_what_came_back(*last); !r) return tl::unexpected(std::move(r.error()));
    if (auto r = log.remove_below(kept_from); !r) return tl::unexpected(std::move(r.error()));
    if (auto r = log.repair_last(kept_from, *last); !r) return tl::unexpected(std::move(r.error()));
    log.durable_ = log.next_;
    return log;
}

result<void> write_ahead_log::find_segments() {
    const auto names = files_->list(folder_);
    if (!names) return tl::unexpected(names.error());
    for (const auto& name : *names) {
        if (const auto first = first_of(name)) segments_.insert(*first);
        if (name.ends_with(fresh_suffix) &&
            first_of(name.substr(0, name.size() - fresh_suffix.size())))
            unfinished_.push_back(folder_ + "/" + name);
    }
    return {};
}

// None: there is no segment.
result<std::optional<segment_content>> write_ahead_log::read_last() const {
    if (segments_.empty()) return std::optional<segment_content>();
    const auto first = *segments_.rbegin();
    auto file = files_->read(path_of(first));
    if (!file) return tl::unexpected(std::move(file.error()));
    auto found = read_segment(path_of(first), std::move(*file), id_, first);
    if (!found) return tl::unexpected(std::move(found.error()));
    return std::optional(std::move(*found));
}

// Their names are written again only where positions come out the same, which is seldom.
result<void> write_ahead_log::remove_unfinished() {
    for (const auto& path : std::exchange(unfinished_, {}))
        if (auto r = files_->remove(path); !r) return r;
    return {};
}

// A removal that was not durable brings a segment back in front of those that were removed later.
result<void> write_ahead_log::remove_what_came_back(const std::optional<segment_content>& last) {
    while (last && *segments_.begin() < last->oldest)
        if (auto r = remove_first(); !r) return r;
    return {};
}

// What a process wrote and did not sync may be read back and lost later all the same: what was
// found is written once more, without what does not check.
result<void> write_ahead_log::repair_last(std::uint64_t kept_from,
                                          const std::optional<segment_content>& found) {
    next_ = kept_from;
    if (!found) return {};
    const auto first = *segments_.rbegin();
    const auto end = first + found->part.records.size();
    if (end < kept_from) return remove_first();  // trimmed, it is the only one
    next_ = end;
    auto file = segment_head(id_, first, *segments_.begin());
    const auto& was = *found->part.memory;
    file.insert(file.end(), was.begin() + segment_head_bytes,
                was.begin() + static_cast<std::ptrdiff_t>(found->whole_bytes));
    return write_durably(*files_, path_of(first), file);
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
    const bool full = file_ && file_bytes_ >= segment_bytes_;
    if (!file_ || full)
        if (auto r = checked(begin_segment(begin())); !r)
            return tl::unexpected(std::move(r.error()));
    if (auto r = checked(write(payload)); !r) return tl::unexpected(std::move(r.error()));
    return next_++;
}

// Under its name a segment always has a whole head.
result<void> write_ahead_log::begin_segment(std::uint64_t oldest) {
    if (auto r = sync(); !r) return r;
    file_.reset();
    const auto path = path_of(next_);
    const auto fresh = path + std::string(fresh_suffix);
    if (auto r = files_->remove(fresh); !r) return r;
    auto file = files_->create(fresh);
    if (!file) return tl::unexpected(std::move(file.error()));
    const auto head = segment_head(id_, next_, oldest);
    if (auto r = (*file)->append(head); !r) return r;
    if (auto r = (*file)->sync(); !r) return r;
    if (auto r = files_->rename(fresh, path); !r) return r;
    if (auto r = files_->sync_directory(folder_); !r) return r;
    file_ = std::move(*file);
    file_bytes_ = head.size();
    segments_.insert(next_);
    return {};
}

result<void> write_ahead_log::write(pieces payload) {
    auto gathered = make_record_head(id_, next_, durable_, payload);
    std::size_t n = 0;
    const auto flush = [&]() -> result<void> {
        if (gathered.empty()) return {};
        file_bytes_ += gathered.size();
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
        file_bytes_ += piece.size();
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
    if (position == next_) return log_part{};
    if (position < begin() || position > next_)
        return fail(failure_code::not_found,
                    fmt::format("{} holds records {} to below {}, and record {} is asked for; go "
                                "on from the newest checkpoint",
                                folder_, begin(), next_, position));
    const auto behind = segments_.upper_bound(position);
    const auto first = *std::prev(behind);
    const auto end = behind == segments_.end() ? next_ : *behind;
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

// Where nothing is needed any more, what comes is to follow on nothing.
result<void> write_ahead_log::trim(std::uint64_t position) {
    if (position >= next_ && !segments_.empty() && !segments_.contains(next_))
        if (auto r = checked(begin_segment(next_)); !r) return r;
    return remove_below(position);
}

result<void> write_ahead_log::remove_below(std::uint64_t position) {
    while (segments_.size() > 1 && *std::next(segments_.begin()) <= position)
        if (auto r = remove_first(); !r) return r;
    return {};
}

// One after the other, each durably: a crash that brought back one that is older than another that
// is gone would leave a gap.
result<void> write_ahead_log::remove_first() {
    const auto first = *segments_.begin();
    if (auto r = files_->remove(path_of(first)); !r) return r;
    if (auto r = files_->sync_directory(folder_); !r) return r;
    segments_.erase(first);
    return {};
}

}  // namespace slackline
