#include "cluster/run.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "actors/thrown.hpp"
#include "cluster/commands/commands.hpp"
#include "cluster/complain.hpp"
#include "cluster/wrong_usage.hpp"

namespace slackline {

int run(int argc, char** argv, std::vector<model_entry> own) {
    auto models = builtin_models();
    models.insert(models.end(), own.begin(), own.end());
    CLI::App app{"Slackline trains models on machines that fail"};
    app.require_subcommand(1);
    app.footer("Example: slackline train examples/mnist_mlp/job.toml --set run.epochs=3");
    command chosen;
    add_train(app, models, chosen);
    add_predict(app, models, chosen);
    add_checkpoints(app, chosen);
    add_cluster(app, chosen);
    add_nodes(app, models, chosen);
    try {
        app.parse(argc, argv);
    } catch (const CLI::ParseError& e) {
        if (e.get_exit_code() == 0) return app.exit(e);  // --help
        std::fprintf(stderr, "%s\n", wrong_usage(app, e).c_str());
        return 2;
    }
    try {
        return chosen();
    } catch (...) {  // memory that there is not, or a user's model
        return complain({failure_code::exhausted,
                         fmt::format("{}; give it less to do, or correct the model's program",
                                     what_was_thrown())});
    }
}

}  // namespace slackline
