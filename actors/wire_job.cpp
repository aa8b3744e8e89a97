#include "actors/wire_job.hpp"

namespace slackline {

void write(const job_text& job, wire::JobText::Builder to) {
    to.setFile(job.file);
    to.setText(job.text);
    to.setFolder(job.folder);
    auto overrides = to.initOverrides(static_cast<unsigned>(job.overrides.size()));
    for (unsigned i = 0; i < overrides.size(); ++i) overrides.set(i, job.overrides[i]);
}

job_text read(wire::JobText::Reader from) {
    job_text job{from.getFile().cStr(), from.getText().cStr(), from.getFolder().cStr(), {}};
    for (const auto o : from.getOverrides()) job.overrides.emplace_back(o.cStr());
    return job;
}

}  // namespace slackline
