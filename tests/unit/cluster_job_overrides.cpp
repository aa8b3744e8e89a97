#include "tests/unit/cluster_job_text.hpp"

using namespace slackline;
using job_text::parse;

namespace {

result<job> with(const std::string& argument) {
    const auto o = read_override(argument);
    REQUIRE(o);
    return parse(job_text::fine, {*o});
}

void check_refused(const std::string& argument, const std::string& sentence) {
    INFO(argument);
    const auto j = with(argument);
    REQUIRE_FALSE(j);
    CHECK((j.error().code == failure_code::usage));
    CHECK(j.error().sentence.substr(0, sentence.size()) == sentence);
}

}  // namespace

TEST_CASE("an override is split at its first equals sign", "[cluster][job]") {
    using parts = std::pair<std::string, std::string>;
    CHECK(read_override("run.epochs=3").value() == parts{"run.epochs", "3"});
    CHECK(read_override("data.train=a=b.csv").value() == parts{"data.train", "a=b.csv"});
    CHECK(read_override("run.name=").value() == parts{"run.name", ""});
    CHECK(read_override("data.path=../x.d/y").value() == parts{"data.path", "../x.d/y"});
}

TEST_CASE("an override that is none is refused with how to write it", "[cluster][job]") {
    for (const std::string argument : {"", "run", "run.epochs", "epochs=3", "=3", ".=3", "run.=3",
                                       ".epochs=3", "run=1.5", "=run.epochs"}) {
        INFO(argument);
        const auto o = read_override(argument);
        REQUIRE_FALSE(o);
        CHECK((o.error().code == failure_code::usage));
        CHECK(o.error().sentence == "--set " + argument + ": write --set section.key=value");
    }
}

TEST_CASE("an override replaces what the file says", "[cluster][job]") {
    CHECK(with("run.epochs=12")->epochs == 12);
    CHECK(with("run.name=demo-17")->name == "demo-17");
    CHECK(with("run.name=\"17\"")->name == "17");
    CHECK(with("optimizer.learning_rate=1")->learning_rate == 1.0);
    CHECK(with("optimizer.learning_rate=2e-3")->learning_rate == 2e-3);
    CHECK(with("data.train=/elsewhere/train set.csv")->data.train == "/elsewhere/train set.csv");
    CHECK(with("data.train=here/train.csv")->data.train == "/home/of/job/here/train.csv");
    CHECK(with("data.header=false")->data.csv.header == false);
    CHECK(with("data.delimiter=;")->data.csv.delimiter == ';');
    CHECK(with("consistency.staleness=none")->consistency.staleness == std::nullopt);
    CHECK(with("consistency.staleness=3")->consistency.staleness == 3u);
    auto j = with("model.hidden=[8, 8, 8]");
    REQUIRE(j);
    CHECK(j->model.take("hidden", std::vector<std::int64_t>{}) ==
          std::vector<std::int64_t>{8, 8, 8});
    CHECK(j->text == job_text::fine);
}

TEST_CASE("an override serves a section that the file lacks, and the last one counts",
          "[cluster][job]") {
    const std::string small =
        "[run]\nname = \"r\"\n[data]\nformat = \"drawn-digits\"\n[model]\nkind = \"mlp\"\n";
    const auto j = parse(small, {{"optimizer.kind", "adam"},
                                 {"run.batch", "5"},
                                 {"checkpoint.keep", "9"},
                                 {"checkpoint.every_log_mb", "7.5"},
                                 {"consistency.level", "logged"},
                                 {"run.batch", "6"}});
    REQUIRE(j);
    CHECK((j->optimizer.kind == optimizer_kind::adam));
    CHECK(j->keep == 9);
    CHECK(j->every_log_mb == 7.5);
    CHECK((j->consistency.level == ack_level::logged));
    CHECK(j->consistency.window == 4);
    CHECK(j->batch == 6);
}

TEST_CASE("a wrong override is refused as one, not as a line of the file", "[cluster][job]") {
    check_refused("run.epochs=many", "--set run.epochs: run.epochs: this is a string; write an");
    check_refused("run.epochs=", "--set run.epochs: run.epochs: this is a string; write an");
    check_refused("run.epochs=0", "--set run.epochs: run.epochs: 0 is out of range; write 1 to");
    check_refused("run.epochs=1.0", "--set run.epochs: run.epochs: this is a number; write an");
    check_refused("run.epochs= 3 x", "--set run.epochs: run.epochs: this is a string; write an");
    check_refused("run.epochs=3\nbatch = 4", "--set run.epochs: run.epochs: this is a string");
    check_refused("run.name=17", "--set run.name: run.name: this is an integer; write a string");
    check_refused("run.bacht=3",
                  "--set run.bacht: there is no key run.bacht; did you mean "
                  "run.batch?");
    check_refused("run.a.b=3", "--set run.a.b: there is no key run.a.b; remove it");
    check_refused("rum.epochs=3",
                  "--set rum.epochs: there is no section [rum]; did you mean "
                  "[run]?");
    check_refused("data.format=xml", "--set data.format: data.format: write \"idx\"");
    check_refused("optimizer.kind=sdg", "--set optimizer.kind: optimizer.kind: write \"sgd\"");
    check_refused("consistency.late=skipp",
                  "--set consistency.late: consistency.late: late = \"skipp\" is not one of");
    check_refused("consistency.staleness=0",
                  "my.toml:27: consistency.preset: aggregate = 1 with staleness = 0");
}

TEST_CASE("an override cannot make a section of a plain key", "[cluster][job]") {
    const auto j = parse("run = 5\n", {{"run.epochs", "3"}});
    REQUIRE_FALSE(j);
    CHECK(j.error().sentence == "--set run.epochs: 'run' is no section");
}

TEST_CASE("a message about the file keeps its line beside overrides", "[cluster][job]") {
    const auto j = parse(job_text::edited("epochs = 3", "epochs = 0"), {{"run.batch", "5"}});
    REQUIRE_FALSE(j);
    CHECK(j.error().sentence.substr(0, 24) == "my.toml:3: run.epochs: 0");
}
