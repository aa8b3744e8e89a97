// Arguments that several commands share. Errors are the user's: exit code 2.
#pragma once

#include <CLI/CLI.hpp>
#include <string>
#include <vector>

#include "cluster/file/cluster_file.hpp"
#include "cluster/job/job.hpp"
#include "cluster/reporter.hpp"

namespace slackline {

struct job_arguments {
    std::string file;
    std::vector<std::string> overrides;
};

/// Declares both; whether the job is required is the caller's to say.
CLI::Option* add_job(CLI::App& to, job_arguments& a);

result<job> named_job(const job_arguments& a);

CLI::Option* add_cluster_file(CLI::App& to, std::string& path);

/// Reads the cluster file and hands it to `then`, which returns the exit code.
template <class Then>
int with_cluster(const std::string& path, Then then);

/// JSON where it is wanted, a progress line on a terminal, else plain lines.
report_style style_of(bool json);

/// Says what is wrong; returns 2.
int refuse(const failure& f);

template <class Then>
int with_cluster(const std::string& path, Then then) {
    const auto file = read_cluster_file(path);
    return file ? then(*file) : refuse(file.error());
}

}  // namespace slackline
