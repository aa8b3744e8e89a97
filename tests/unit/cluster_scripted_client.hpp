// A coordinator that says what a test wrote down, to a client with a clock of the test's.
//
// Where the script of a connection is over nothing more is heard and time goes by.
#pragma once

#include <cstdio>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "actors/edges.hpp"
#include "actors/run_events.hpp"
#include "cluster/client/client_edge.hpp"

namespace slackline {

using heard = result<std::optional<frame>>;
using connection_script = std::deque<heard>;

struct scripted_client : clock_edge, interruption_edge {
    std::deque<connection_script> connections;  ///< dials beyond these are refused
    std::int64_t time_ms = 1'000;
    bool waits_in_full = false;  ///< what is none in a script takes the whole limit
    bool leaves_when_silent = false;  ///< the user, once the script is over
    int dials = 0;
    std::vector<std::pair<int, frame>> sent;  ///< on which connection, counted from 1

    std::int64_t now_ms() const override { return time_ms; }

    bool interrupted(std::int64_t wait_ms) override {
        time_ms += wait_ms;
        return leaves_when_silent && silent;
    }

    client_dialler dialler();

    bool silent = false;
};

class scripted_edge : public client_edge {
public:
    scripted_edge(scripted_client& client, connection_script script, int number)
        : client_(client), script_(std::move(script)), number_(number) {}

    address own_address() const override { return {role::CLIENT, 5}; }

    result<void> send(frame f) override {
        client_.sent.emplace_back(number_, std::move(f));
        return {};
    }

    heard receive(std::int64_t limit_ms) override {
        client_.silent = script_.empty();
        if (client_.silent) {
            client_.time_ms += limit_ms;
            return std::nullopt;
        }
        auto next = std::move(script_.front());
        script_.pop_front();
        if (client_.waits_in_full && next && !*next) client_.time_ms += limit_ms;
        return next;
    }

private:
    scripted_client& client_;
    connection_script script_;
    int number_;
};

inline client_dialler scripted_client::dialler() {
    return [this]() -> result<std::unique_ptr<client_edge>> {
        ++dials;
        if (connections.empty())
            return fail(failure_code::io, "node main at 127.0.0.1:1: refused; start it");
        auto script = std::move(connections.front());
        connections.pop_front();
        return std::make_unique<scripted_edge>(*this, std::move(script), dials);
    };
}

/// `fill` writes the message.
template <class Fill>
frame from_registrar(Fill fill) {
    frame_builder b({role::REGISTRAR, 0}, {role::CLIENT, 5}, 7, 0);
    fill(b.root());
    return b.finish();
}

inline frame submitted(const std::string& name, std::uint32_t ahead = 0, bool going_on = false) {
    return from_registrar([&](wire::Message::Builder m) {
        auto s = m.initSubmitted();
        s.setRun(7);
        s.setName(name);
        s.setAhead(ahead);
        s.setGoingOn(going_on);
    });
}

inline frame declined(const std::string& sentence, bool usage) {
    return from_registrar([&](wire::Message::Builder m) {
        m.initDeclined().setSentence(sentence);
        m.getDeclined().setUsage(usage);
    });
}

inline frame told(const std::string& json) {
    return from_registrar([&](wire::Message::Builder m) { m.initTold().setJson(json); });
}

inline frame ended(wire::Ended::How how, const std::string& sentence = "") {
    return from_registrar([&](wire::Message::Builder m) {
        auto e = m.initRunEvent().initEnded();
        e.setHow(how);
        e.setSentence(sentence);
    });
}

/// What an observer of the run is told by `tell`, as the registrar passes it on.
template <class Tell>
frame event(Tell tell) {
    frame f;
    event_observer observer(7, {role::COORDINATOR, 0}, [&](frame made) { f = std::move(made); });
    tell(observer);
    return f;
}

/// The file's content, from its beginning.
inline std::string content(std::FILE* file) {
    std::rewind(file);
    std::string all;
    for (int c = std::fgetc(file); c != EOF; c = std::fgetc(file))
        all.push_back(static_cast<char>(c));
    return all;
}

}  // namespace slackline
