// A write-ahead log: records that are durable before what they say counts.
//
// Records have dense positions. They lie in segments, files named by their first position; a new
// one is begun only when the one before is durable, so a crash can cut short nothing but the end of
// the last. Whoever opens the log finds a prefix of what was appended, with all that was synced in
// it, and durable as it was found; damage that reaches to the end of the last segment looks like a
// crash and shortens it. After a failed write or sync nothing of what was appended
// since the last good sync is known, so the log takes nothing more: it is opened anew.
//
// Owner and thread: one actor; it blocks. Nobody else has the folder open (posix_storage::lock).
// Edge: a storage.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "actors/log/log_segment.hpp"
#include "actors/storage.hpp"

namespace slackline {

class write_ahead_log {
public:
    using pieces = std::span<const std::span<const std::byte>>;

    /// The log in `folder`, which is made where it is missing. Records below `kept_from` are not
    /// needed: their segments are removed, and what is appended gets no position below it, whatever
    /// became of the files. A record that a crash cut short is gone. Checksum, naming file and
    /// byte, where the last segment is damaged or another log's, and nothing was changed then;
    /// earlier ones are looked at when they are read.
    static result<write_ahead_log> open(storage& files, std::string folder, log_identity id,
                                        std::uint64_t kept_from,
                                        std::uint64_t segment_bytes = 64u << 20);

    /// The position of the oldest record, and one more than that of the newest.
    std::uint64_t begin() const { return segments_.empty() ? next_ : *segments_.begin(); }
    std::uint64_t end() const { return next_; }

    /// Every record below is durable.
    std::uint64_t durable() const { return durable_; }

    /// The record's position; usage where it is empty or longer than 4 GiB. It is durable, with all
    /// before it, once sync() has succeeded.
    result<std::uint64_t> append(pieces payload);
    result<void> sync();

    /// Records from `position` on, as many as there are in one segment, those that are not durable
    /// yet too; none at the end. A call reads and checks a whole segment: to read each once, go on
    /// at the position behind the last record of the part. Checksum, naming file and byte, where
    /// one is damaged; not_found below begin() and above end().
    result<log_part> read(std::uint64_t position);

    /// Records below are not needed any more: removes the segments that hold nothing else. Where
    /// that is all of them, none is left, and none comes back.
    result<void> trim(std::uint64_t position);

private:
    write_ahead_log(storage& files, std::string folder, log_identity id,
                    std::uint64_t segment_bytes);
    std::string path_of(std::uint64_t first) const;
    result<void> find_segments();
    result<std::optional<segment_content>> read_last() const;
    result<void> remove_unfinished();
    result<void> remove_what_came_back(const std::optional<segment_content>& last);
    result<void> repair_last(std::uint64_t kept_from, const std::optional<segment_content>& found);
    result<void> remove_first();
    result<void> begin_segment(std::uint64_t oldest);
    result<void> remove_below(std::uint64_t position);
    result<void> write(pieces payload);
    template <class T>
    result<T> checked(result<T> r);

    storage* files_;
    std::string folder_;
    log_identity id_;
    std::uint64_t segment_bytes_;
    std::set<std::uint64_t> segments_;     ///< by first position
    std::vector<std::string> unfinished_;  ///< files that a crash left beside their places
    std::unique_ptr<storage_file> file_;   ///< the last segment; none: a new one is begun
    std::uint64_t file_bytes_ = 0;
    std::uint64_t next_ = 0;
    std::uint64_t durable_ = 0;
    std::optional<failure> broken_;  ///< why nothing is taken any more
};

}  // namespace slackline
