// A registrar's JSON as tables; what it lacks is a dash.
#include "cluster/client/status_text.hpp"

#include "tests/catch.hpp"

using namespace slackline;

namespace {

const std::string sample = R"({"cluster": "demo",
 "nodes": [{"name": "main", "roles": ["coordinator"], "pid": 101, "state": "up", "since_s": 300.4,
            "program": "slackline"},
           {"name": "b", "roles": ["shard", "worker"], "pid": 102, "state": "down",
            "since_s": 12, "waits_for": "the data of run r"}],
 "shards": [{"shard": 0, "node": "b", "state": "lost"}],
 "runs": [{"run": 7, "name": "r", "state": "waiting", "era": 2, "count": 120, "items": 630,
           "applied": 400, "skipped": 3, "staleness": 4, "items_per_s": 99.6,
           "checkpoint_age_s": null, "loss": 0.12345,
           "workers": [{"worker": 0, "node": "b", "clock": 60, "open": 1, "window": 2,
                        "failures": 6, "item_ms": 9, "items_per_s": 50.5}],
           "skips": [{"item": 17, "cause": "3 failures, the last on worker 0: it threw"}],
           "sentence": "node b is down", "awaits": [{"node": "b", "deadline_s": 48.2}]}],
 "waits": ["node b has been silent for 12 s"]})";

}  // namespace

TEST_CASE("a status is shown as tables", "[status]") {
    const auto text = status_text(sample);
    REQUIRE(text.has_value());
    CHECK(*text ==
          "cluster demo\n"
          "\n"
          "node  state  since  roles         pid  program    waits for\n"
          "main  up     5 min  coordinator   101  slackline  -\n"
          "b     down   12 s   shard,worker  102  -          the data of run r\n"
          "\n"
          "shard  node  state\n"
          "0      b     lost\n"
          "\n"
          "run  state    era  update  items    skipped  stale  items/s  loss    checkpoint\n"
          "r    waiting  2    120     403/630  3        4      100      0.1235  -\n"
          "\n"
          "run r\n"
          "  worker  node  clock  open  window  failed  ms/item  items/s\n"
          "  0       b     60     1     2       6       9        50.5\n"
          "  item 17 is skipped: 3 failures, the last on worker 0: it threw\n"
          "  node b is down\n"
          "  it waits for node b (48 s left)\n"
          "\n"
          "node b has been silent for 12 s\n");
}

TEST_CASE("the runs alone are one table", "[status]") {
    CHECK(runs_text(R"({"runs": [
              {"run": 8, "name": "r", "state": "active", "submitted_s": 86400, "sentence": ""},
              {"run": 7, "name": "q", "state": "failed", "sentence": "no space is left"}]})")
              .value() ==
          "number  run  state   submitted             what is said of it\n"
          "8       r    active  1970-01-02T00:00:00Z  -\n"
          "7       q    failed  -                     no space is left\n");
    CHECK(runs_text(R"({"runs": []})").value() == "there are no runs\n");
}

TEST_CASE("keys that are absent or of another type are no error", "[status]") {
    for (const char* json : {"{}", "[]", "3", R"({"nodes": 3, "runs": {"a": 1}})"}) {
        CHECK(status_text(json).value() == "cluster -\n");
        CHECK(runs_text(json).value() == "there are no runs\n");
        CHECK(what_holds_up(json, "r") == "");
    }
    CHECK(status_text(R"({"runs": [3, {"workers": [null]}], "nodes": [[]]})").has_value());
}

TEST_CASE("what is no JSON is refused", "[status]") {
    for (const auto& r : {status_text("{"), runs_text(""), one_line("nodes")}) {
        REQUIRE(!r);
        CHECK(r.error().code == failure_code::malformed);
    }
    CHECK(what_holds_up("{", "r") == "");
}

TEST_CASE("JSON goes out as one line, its keys in the order they came in", "[status]") {
    CHECK(one_line("{\"b\": 1,\n \"a\": [2, 3]}").value() == "{\"b\":1,\"a\":[2,3]}\n");
}

TEST_CASE("what holds up a run: whom it waits for, else a sentence, else its state", "[status]") {
    CHECK(what_holds_up(sample, "r") == "run r waits for node b");
    CHECK(what_holds_up(sample, "q") == "");
    CHECK(what_holds_up(R"({"runs":[{"name":"r","awaits":[{"node":"b"},{"node":"c"}]}]})", "r") ==
          "run r waits for node b and node c");
    CHECK(what_holds_up(R"({"runs":[{"name":"r","sentence":"it reads data"}]})", "r") ==
          "run r: it reads data");
    CHECK(what_holds_up(R"({"runs":[{"name":"r","state":"queued"}]})", "r") == "run r is queued");
    CHECK(what_holds_up(R"({"nodes":[{"name":"a"},{"name":"b","waits_for":"the data of run r"}],
                            "runs":[{"name":"r","state":"active"}]})",
                        "r") == "run r is active: node b waits for the data of run r");
}
