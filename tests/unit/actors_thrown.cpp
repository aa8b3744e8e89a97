// What models throw becomes a sentence, be it an exception or not: no actor ends by it.
#include <stdexcept>

#include "actors/thrown.hpp"
#include "actors/worker_actor.hpp"
#include "tests/catch.hpp"

using namespace slackline;

namespace {

class throwing : public model {
public:
    explicit throwing(std::function<void()> how) : how_(std::move(how)) {}
    model_layout layout() const override { return {}; }
    slackline::task task() const override { return slackline::task::regression; }
    std::size_t outputs() const override { return 1; }
    double gradient(const parameters&, const batch&, const gradients&) override {
        how_();
        return 0;
    }
    void predict(const parameters&, const batch&, std::span<float>) override {}
    double loss(std::span<const float>, const batch&) const override { return 0; }

private:
    std::function<void()> how_;
};

struct still_clock : clock_edge {
    std::int64_t now_ms() const override { return 0; }
};

std::string error_of(std::function<void()> how) {
    throwing m(std::move(how));
    compute_job job;
    job.attempt = 7;
    job.samples = std::make_shared<batch>();
    const auto c = run_job(m, job, still_clock());
    CHECK(c.attempt == 7);
    return c.error;
}

}  // namespace

TEST_CASE("whatever a gradient throws is the job's error, in a sentence", "[thrown]") {
    CHECK(error_of([] {}).empty());
    CHECK(error_of([] { throw std::runtime_error("a bad batch"); }) == "a bad batch");
    CHECK(error_of([] { throw std::runtime_error(""); }) == "an exception without a sentence");
    CHECK(error_of([] { throw 42; }) == "something that is no exception");
}
