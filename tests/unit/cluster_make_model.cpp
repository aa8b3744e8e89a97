// A job's model: what is wrong with its section is told with its line, and a user's program that
// throws ends no process.
#include <stdexcept>

#include "cluster/run.hpp"
#include "cluster/make_model.hpp"
#include "tests/unit/cluster_job_text.hpp"
#include "tests/unit/scratch_folder.hpp"

using namespace slackline;
using namespace slackline::job_text;

namespace {

constexpr data_shape dense{4, 3, false};

failure refused(const std::string& text, const data_shape& shape,
                const std::vector<model_entry>& models, const job_overrides& overrides = {}) {
    const auto j = parse(text, overrides);
    REQUIRE(j);
    const auto made = make_model(*j, shape, models);
    REQUIRE_FALSE(made);
    return made.error();
}

model_entry own(std::function<std::unique_ptr<model>()> make) {
    return {"own", [make](model_options& o, const data_shape&) {
                static_cast<void>(o.take("hidden", std::vector<std::int64_t>{}));
                return make();
            }};
}

}  // namespace

TEST_CASE("a model's wrong key is named with its line, as written or overridden", "[job]") {
    const auto models = builtin_models();
    CHECK(refused(edited("hidden = [10, 4]", "hiden = [10, 4]"), dense, models).sentence ==
          "my.toml:17: the model 'mlp' has no key 'model.hiden'; did you mean 'hidden'?");
    CHECK(refused(fine, dense, models, {{"model.hiden", "[3]"}}).sentence ==
          "--set model.hiden: the model 'mlp' has no key 'model.hiden'; did you mean 'hidden'?");
    CHECK(refused(edited("hidden = [10, 4]", "hidden = 10"), dense, models).sentence ==
          "my.toml:17: model.hidden is an integer; write a list of integers");
    CHECK(refused(edited("hidden = [10, 4]", "activation = \"rely\""), dense, models).sentence ==
          "my.toml:15: there is no activation 'rely'; use relu, tanh, sigmoid, gelu or identity");
    const auto sparse = refused(fine, {4, 2, true}, models);
    CHECK(sparse.code == failure_code::usage);
    CHECK(sparse.sentence.starts_with("my.toml:15: an mlp takes dense features"));
    CHECK(refused(edited("\"mlp\"", "\"mlq\""), dense, models).sentence ==
          "my.toml:15: this program has no model 'mlq'; it has mlp, linear");
}

TEST_CASE("a user's program that throws or makes no model is a failure in a sentence", "[job]") {
    const auto text = edited("\"mlp\"", "\"own\"");
    const auto sentence = [&](std::function<std::unique_ptr<model>()> make) {
        const auto f = refused(text, dense, {own(std::move(make))});
        CHECK(f.code == failure_code::refused);
        return f.sentence;
    };
    CHECK(sentence([]() -> std::unique_ptr<model> { throw std::runtime_error("no table"); }) ==
          "my.toml:15: the model 'own': no table; correct its program");
    CHECK(sentence([]() -> std::unique_ptr<model> { throw 42; }) ==
          "my.toml:15: the model 'own': something that is no exception; correct its program");
    CHECK(sentence([] { return nullptr; }) ==
          "my.toml:15: the model 'own': it was not made; correct its program");
}

namespace {

class throwing : public model {
public:
    model_layout layout() const override { throw std::runtime_error("no layout"); }
    slackline::task task() const override { return slackline::task::regression; }
    std::size_t outputs() const override { return 1; }
    double gradient(const parameters&, const batch&, const gradients&) override { return 0; }
    void predict(const parameters&, const batch&, std::span<float>) override {}
    double loss(std::span<const float>, const batch&) const override { return 0; }
};

}  // namespace

TEST_CASE("an exception that reaches the command line is an exit code and a sentence", "[run]") {
    const scratch_folder folder;
    folder.put("d.csv", "a,y\n1,0\n2,1\n");
    auto file = folder.put("j.toml",
                           "[run]\nname = \"r\"\n[data]\nformat = \"csv\"\ntrain = \"d.csv\"\n"
                           "test = \"d.csv\"\ntarget = \"y\"\n[model]\nkind = \"own\"\n");
    std::string program = "slackline";
    std::string command = "train";
    char* arguments[] = {program.data(), command.data(), file.data(), nullptr};
    CHECK(run(3, arguments, own([] { return std::make_unique<throwing>(); })) == 1);
}
