// What a command line says to the registrar, as frames.
//
// Pure; thread: any.
#pragma once

#include <string>

#include "actors/run_preparer.hpp"
#include "messages/frame.hpp"

namespace slackline {

frame submit_request(address from, const job_text& job, bool resume);
frame attach_request(address from, const std::string& run);
frame cancel_request(address from, const std::string& run);
frame ask_request(address from, wire::Ask::What what);

}  // namespace slackline
