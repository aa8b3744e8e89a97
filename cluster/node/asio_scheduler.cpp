#include "cluster/node/asio_scheduler.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <caf/detail/thread_safe_actor_clock.hpp>
#include <caf/execution_unit.hpp>
#include <caf/resumable.hpp>
#include <caf/scheduler/abstract_coordinator.hpp>
#include <optional>
#include <thread>

namespace slackline {

namespace {

namespace asio = boost::asio;

class asio_scheduler : public caf::scheduler::abstract_coordinator, public caf::execution_unit {
public:
    asio_scheduler(caf::actor_system& system, asio::io_context& context)
        : abstract_coordinator(system), execution_unit(&system), context_(context) {}

    void start() override {
        work_.emplace(asio::make_work_guard(context_));
        runner_ = std::thread([this] { context_.run(); });
        timer_ = std::thread([this] { clock_.run_dispatch_loop(); });
        abstract_coordinator::start();
    }

    void stop() override {
        stop_actors();
        work_.reset();
        context_.stop();
        runner_.join();
        clock_.cancel_dispatch_loop();
        timer_.join();
    }

    // At once where this thread is not in an actor already: what woke it waits for nothing else.
    void enqueue(caf::resumable* job) override {
        if (context_.get_executor().running_in_this_thread() && !running_) return run(job);
        asio::post(context_, [this, job] { run(job); });
    }

    void exec_later(caf::resumable* job) override { enqueue(job); }

    caf::actor_clock& clock() noexcept override { return clock_; }

private:
    void run(caf::resumable* job) {
        running_ = true;
        const auto outcome = job->resume(this, max_throughput());
        running_ = false;
        switch (outcome) {
            case caf::resumable::resume_later:
                return asio::post(context_, [this, job] { run(job); });
            case caf::resumable::done:
            case caf::resumable::awaiting_message:
                return caf::intrusive_ptr_release(job);
            case caf::resumable::shutdown_execution_unit:
                return;
        }
    }

    asio::io_context& context_;
    std::optional<asio::executor_work_guard<asio::io_context::executor_type>> work_;
    caf::detail::thread_safe_actor_clock clock_;
    bool running_ = false;  ///< an actor is; of the io_context's thread
    std::thread runner_;
    std::thread timer_;
};

}  // namespace

void schedule_on(caf::actor_system_config& config, asio::io_context& context) {
    config.module_factories.push_back(
        [&context](caf::actor_system& system) { return new asio_scheduler(system, context); });
}

}  // namespace slackline
