// Random bytes for one handshake.
// Thread: any.
#pragma once

#include <openssl/rand.h>

#include <array>
#include <stdexcept>

#include "cluster/link/link_session.hpp"

namespace slackline {

/// Throws where the system has no randomness: nobody could be proved anything.
inline std::array<std::byte, nonce_bytes> fresh_nonce() {
    std::array<std::byte, nonce_bytes> nonce{};
    if (RAND_bytes(reinterpret_cast<unsigned char*>(nonce.data()), nonce.size()) != 1)
        throw std::runtime_error("the system gives no random bytes; see /dev/urandom");
    return nonce;
}

}  // namespace slackline
