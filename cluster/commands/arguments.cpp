#include "cluster/commands/arguments.hpp"

#include <unistd.h>

#include "cluster/complain.hpp"

namespace slackline {

CLI::Option* add_job(CLI::App& to, job_arguments& a) {
    auto* job = to.add_option("job", a.file, "The job file (TOML)");
    to.add_option("--set", a.overrides, "Override a key: --set run.epochs=3")->take_all();
    return job;
}

result<job> named_job(const job_arguments& a) {
    job_overrides overrides;
    for (const auto& o : a.overrides) {
        auto parsed = read_override(o);
        if (!parsed) return tl::unexpected(parsed.error());
        overrides.push_back(std::move(*parsed));
    }
    return read_job(a.file, overrides);
}

CLI::Option* add_cluster_file(CLI::App& to, std::string& path) {
    return to.add_option("--cluster", path, "The cluster file (TOML)");
}

report_style style_of(bool json) {
    if (json) return report_style::json;
    return isatty(STDOUT_FILENO) ? report_style::terminal : report_style::plain;
}

int refuse(const failure& f) {
    complain(f);
    return 2;
}

}  // namespace slackline
