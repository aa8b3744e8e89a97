// Between a job text and its wire form. Pure; thread: any.
#pragma once

#include "actors/run_preparer.hpp"
#include "messages/frame.hpp"

namespace slackline {

void write(const job_text& job, wire::JobText::Builder to);
job_text read(wire::JobText::Reader from);

}  // namespace slackline
