#include "play.hpp"

#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <sstream>
#include <stdexcept>

words scripted(const words& arguments) {
    words all{SCRIPTED_PROGRAM};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
}

namespace {

bool is_event(const std::string& line, const std::string& event) {
    const auto parsed = nlohmann::json::parse(line, nullptr, false);
    return parsed.is_object() && parsed.at("event") == event;
}

}  // namespace

nlohmann::json next(child& from, const std::string& event) {
    while (const auto line = from.line(patience))
        if (is_event(*line, event)) return nlohmann::json::parse(*line);
    throw std::runtime_error("the output ended before an event: " + event);
}

std::vector<nlohmann::json> events(const std::string& out, const std::string& event) {
    std::vector<nlohmann::json> found;
    std::istringstream lines(out);
    for (std::string line; std::getline(lines, line);)
        if (is_event(line, event)) found.push_back(nlohmann::json::parse(line));
    return found;
}

std::size_t count(const std::string& in, const std::string& what) {
    std::size_t n = 0;
    for (auto at = in.find(what); at != std::string::npos; at = in.find(what, at + 1)) ++n;
    return n;
}

void await_end(pid_t pid) {
    pollfd end = {static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)), POLLIN, 0};
    if (end.fd < 0 && errno == ESRCH) return;
    if (end.fd < 0) throw std::runtime_error("cannot watch a process");
    const int ready = ::poll(&end, 1, static_cast<int>(patience.count()));
    ::close(end.fd);
    if (ready != 1) throw std::runtime_error("late: the end of a process");
}

void freeze(pid_t pid) {
    ::kill(pid, SIGSTOP);
    siginfo_t info = {};
    if (::waitid(P_PID, static_cast<id_t>(pid), &info, WSTOPPED | WNOWAIT) != 0)
        throw std::runtime_error("cannot stop a child");
}
