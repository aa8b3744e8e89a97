// What a user's code threw, as a sentence.
//
// Call it in a `catch (...)`. Thread: any.
#pragma once

#include <exception>
#include <string>

namespace slackline {

inline std::string what_was_thrown() {
    try {
        throw;
    } catch (const std::exception& e) {
        const std::string sentence = e.what();
        return sentence.empty() ? "an exception without a sentence" : sentence;
    } catch (...) {
        return "something that is no exception";
    }
}

}  // namespace slackline
