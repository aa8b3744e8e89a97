// When connections write: at the end of the turn in which something was given to them.
//
// A turn is one handler of the io_context: frames that were read, and all that actors answer to
// them. What goes to one peer then leaves with one system call, however many frames it is.
// Outside of a turn, what is given is written at once.
// Owner and thread: whoever has the connections; the thread of their io_context.
#pragma once

#include <memory>
#include <vector>

namespace slackline {

class connection;

class write_turns {
public:
    /// While one exists, writes wait. Turns may stand within each other.
    class turn {
    public:
        explicit turn(write_turns& all) : all_(all) { ++all_.depth_; }
        ~turn();
        turn(const turn&) = delete;
        turn& operator=(const turn&) = delete;

    private:
        write_turns& all_;
    };

    /// The connection has something to write.
    void want(std::shared_ptr<connection> c);

private:
    int depth_ = 0;
    std::vector<std::shared_ptr<connection>> waiting_;
    std::vector<std::shared_ptr<connection>> spare_;  ///< memory for the next turn's
};

}  // namespace slackline
