// A gradient that never returns does not keep the process: asked to stop, it saves a checkpoint and
// ends, though the device's thread does not.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>

#include "cluster/run.hpp"
#include "tests/catch.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;

namespace {

// Writes one byte to `begun` when its first gradient begins.
class stuck : public model {
public:
    explicit stuck(int begun) : begun_(begun) {}
    model_layout layout() const override { return {{{"w", {1}, {}}}, {}}; }
    slackline::task task() const override { return slackline::task::regression; }
    std::size_t outputs() const override { return 1; }
    double gradient(const parameters&, const batch&, const gradients&) override {
        static_cast<void>(!write(begun_, "g", 1));
        for (;;) pause();
    }
    void predict(const parameters&, const batch&, std::span<float>) override {}
    double loss(std::span<const float>, const batch&) const override { return 0; }

private:
    int begun_;
};

// The job in a process of its own, which ends with run's code.
pid_t train_apart(std::string file, int begun) {
    std::fflush(nullptr);
    const pid_t child = fork();
    if (child != 0) return child;
    static_cast<void>(!std::freopen("/dev/null", "w", stdout));
    static_cast<void>(!std::freopen("/dev/null", "w", stderr));
    std::string program = "slackline";
    std::string command = "train";
    char* arguments[] = {program.data(), command.data(), file.data(), nullptr};
    _exit(run(3, arguments, {"stuck", [begun](model_options&, const data_shape&) {
                                 return std::make_unique<stuck>(begun);
                             }}));
}

bool ready(int file, int limit_ms) {
    pollfd one{file, POLLIN, 0};
    return poll(&one, 1, limit_ms) == 1 && (one.revents & POLLIN) != 0;
}

}  // namespace

TEST_CASE("a gradient that never returns does not keep a process that is asked to stop", "[run]") {
    const scratch_folder folder;
    folder.put("d.csv", "a,y\n1,0\n2,1\n");
    const auto file =
        folder.put("j.toml",
                   "[run]\nname = \"r\"\nworkers = 1\n[data]\nformat = \"csv\"\ntrain = \"d.csv\"\n"
                   "test = \"d.csv\"\ntarget = \"y\"\n[model]\nkind = \"stuck\"\n");
    int begun[2];
    REQUIRE(pipe(begun) == 0);
    const pid_t child = train_apart(file, begun[1]);
    REQUIRE(child > 0);
    close(begun[1]);
    const bool computes = ready(begun[0], 30'000);
    close(begun[0]);
    CHECK(kill(child, computes ? SIGTERM : SIGKILL) == 0);
    const int ends = static_cast<int>(syscall(SYS_pidfd_open, child, 0));
    const bool ended = ready(ends, 60'000);
    close(ends);
    if (!ended) kill(child, SIGKILL);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    CHECK(computes);
    CHECK(ended);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 143);
}
