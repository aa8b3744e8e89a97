// Errors are values: a code for programs and one sentence for people.
//
// The sentence names the place and the cause, and says what to do.
#pragma once

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace slackline {

enum class failure_code {
    usage,           ///< a flag, a key or a file of the user is wrong
    not_found,       ///< something that should be there is absent
    already_exists,  ///< something is there that should not be
    malformed,       ///< bytes that do not follow their format
    checksum,        ///< bytes that were changed after they were written
    mismatch,        ///< two things that must agree differ
    io,              ///< the operating system refused
    refused,         ///< a peer or the protocol refused
    exhausted,       ///< a bound was reached
};

struct failure {
    failure_code code;
    std::string sentence;
};

template <class T>
using result = tl::expected<T, failure>;

inline tl::unexpected<failure> fail(failure_code code, std::string sentence) {
    return tl::unexpected<failure>(failure{code, std::move(sentence)});
}

}  // namespace slackline
