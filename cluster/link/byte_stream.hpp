// A connected stream of bytes: what a connection needs of a socket, and what encryption can wrap.
//
// Owner and thread: a connection; every call and every answer is on the thread of its io_context.
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

namespace slackline {

/// What came of an operation: bytes moved, or why the stream is over.
struct stream_progress {
    std::size_t bytes = 0;
    std::string error;  ///< empty: none
};

class byte_stream {
public:
    using handler = std::function<void(stream_progress)>;
    using room = std::array<std::span<std::byte>, 2>;
    using pieces = std::vector<std::span<const std::byte>>;

    virtual ~byte_stream() = default;

    /// Reads at least one byte, with one system call where bytes are there.
    virtual void read_some(const room& to, handler done) = 0;

    /// Writes all pieces, with one system call where the kernel takes them at once: then it returns
    /// true, and that is the answer. Else they must stay where they are until `done`, which is not
    /// called before it returns. One write at a time.
    virtual bool write(const pieces& from, handler done) = 0;

    /// Pending operations are answered with an error.
    virtual void close() = 0;

    /// Whether bytes may be changed on the way: then bodies have checksums.
    virtual bool checksummed() const = 0;

    virtual std::uint64_t reads() const = 0;   ///< system calls that read bytes
    virtual std::uint64_t writes() const = 0;  ///< system calls that wrote bytes
};

}  // namespace slackline
