#include "cluster/link/link_session.hpp"

#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <cstring>
#include <utility>

#include "actors/cause.hpp"
#include "messages/little_endian.hpp"

namespace slackline {

namespace {

constexpr int beats_missed_max = 5;
constexpr std::uint64_t client_bytes_max = 4u << 20;
constexpr std::size_t name_bytes_max = 256;

frame_builder link_message() {
    return {{role::NODE, 0}, {role::NODE, 0}, 0, 0};
}

// Of an id as cluster/file/cluster_id.hpp makes it, without the checksum.
std::string name_in(const std::string& cluster) {
    return cluster.substr(0, cluster.rfind('-'));
}

tl::unexpected<failure> refuse(std::string sentence) {
    return fail(failure_code::refused, std::move(sentence));
}

}  // namespace

frame make_goodbye(const std::string& sentence) {
    auto b = link_message();
    b.root().initGoodbye().setSentence(sentence);
    return b.finish();
}

void link_session::begin(std::int64_t now_ms) {
    begun_ms_ = heard_ms_ = ticked_ms_ = now_ms;
    if (settings_.dialler) send_hello();
}

void link_session::heard(std::size_t bytes, std::int64_t now_ms) {
    heard_ms_ = now_ms;
    if (!proven_) unknown_bytes_ += bytes;
}

std::string link_session::peer_name() const {
    if (!peer_.node.empty()) return fmt::format("node {}", peer_.node);
    if (settings_.dialler) return fmt::format("node {}", settings_.wanted);
    return peer_hello_ ? "a command line" : "an unknown peer";
}

frame_limits link_session::limits(bool checksummed) const {
    if (proven_) return {peer_.node.empty() ? client_bytes_max : frame_bytes_max, checksummed};
    return {unknown_peer_bytes_max - frame_header_bytes, checksummed};
}

result<bool> link_session::take(const frame& f) {
    const auto kind = f.envelope().kind;
    if (kind == wire::Message::GOODBYE) {
        frame_reader reader(f);
        return refuse(fmt::format("{} says: {}", peer_name(),
                                  short_cause(reader.root().getGoodbye().getSentence().cStr())));
    }
    if (!proven_ && unknown_bytes_ > unknown_peer_bytes_max)
        return refuse(
            fmt::format("{} sent {} bytes before it had proved who it is; connect with "
                        "Slackline's own programs",
                        peer_name(), unknown_bytes_));
    if (proven_) {
        if (kind == wire::Message::HELLO || kind == wire::Message::PROOF)
            return refuse(fmt::format("{} introduces itself twice; connect anew", peer_name()));
        open_ = true;
        return kind != wire::Message::PING;
    }
    frame_reader reader(f);
    const auto m = reader.root();
    if (m.isHello()) return take_hello(f, m.getHello()).map([] { return false; });
    if (m.isProof()) return take_proof(m.getProof()).map([] { return false; });
    return refuse(
        fmt::format("{} speaks before it has proved who it is; connect with Slackline's "
                    "own programs",
                    peer_name()));
}

result<void> link_session::take_hello(const frame& f, wire::Hello::Reader h) {
    const auto& own = settings_.own;
    if (peer_hello_) return refuse("a second hello; connect anew");
    const std::string cluster = h.getCluster().cStr();
    const std::string wanted = h.getWanted().cStr();
    const std::string name = h.getNode().cStr();
    if (cluster.size() + wanted.size() + name.size() > name_bytes_max ||
        h.getNonce().size() != nonce_bytes || f.segments().size() != 1)
        return refuse("a hello that no Slackline says; connect with Slackline's own programs");
    if (h.getProtocolMax() < protocol_version_min || h.getProtocolMin() > protocol_version)
        return refuse(fmt::format(
            "one side speaks protocol versions {} to {} and the other {} to {}; let all nodes and "
            "command lines run the same version",
            h.getProtocolMin(), h.getProtocolMax(), protocol_version_min, protocol_version));
    // A command line talks to the coordinator, whichever nodes its file has by now.
    const bool of_nodes = !name.empty() && !own.node.empty();
    if (of_nodes ? cluster != own.cluster : name_in(cluster) != name_in(own.cluster))
        return refuse(
            fmt::format("one side reads a file of cluster {} and the other one of {} (its name, "
                        "and a checksum of its nodes); give both the same cluster file, or have "
                        "it taken up: slackline reload",
                        short_cause(cluster), own.cluster));
    if (settings_.dialler && name != settings_.wanted)
        return refuse(
            fmt::format("node {} was called and node {} answers; correct the addresses "
                        "in the cluster file",
                        settings_.wanted, name));
    if (!settings_.dialler && wanted != own.node)
        return refuse(
            fmt::format("this is node {} and not node {}; correct the addresses in the "
                        "cluster file",
                        own.node, wanted));
    peer_ = {name, h.getIncarnation(), settings_.dialler ? settings_.lane : h.getLane()};
    peer_hello_ = f;
    settings_.dialler ? send_proof() : send_hello();
    return {};
}

result<void> link_session::take_proof(wire::Proof::Reader p) {
    if (!peer_hello_) return refuse("a proof before a hello; connect anew");
    const auto expected = proof_of(!settings_.dialler);
    const auto mac = p.getMac();
    if (mac.size() != expected.size() ||
        CRYPTO_memcmp(mac.begin(), expected.data(), expected.size()) != 0)
        return refuse(
            fmt::format("the secrets of {} and node {} differ; copy the coordinator's secret file "
                        "to every host of the cluster",
                        settings_.dialler ? "this program" : peer_name(),
                        settings_.dialler ? settings_.wanted : settings_.own.node));
    if (auto ok = settings_.admit(peer_); !ok) return ok;
    proven_ = true;
    if (!settings_.dialler) {
        send_proof();
        return {};
    }
    open_ = true;
    send_ping();
    return {};
}

result<void> link_session::tick(std::int64_t now_ms) {
    const auto dead_ms = beats_missed_max * settings_.own.heartbeat_ms;
    if (now_ms - ticked_ms_ > dead_ms) {  // it was late itself
        heard_ms_ = now_ms;
        begun_ms_ = now_ms;
    }
    ticked_ms_ = now_ms;
    if (!open_ && now_ms - begun_ms_ > unknown_peer_ms_max)
        return refuse(
            fmt::format("{} did not prove within {} s who it is; see whether it is "
                        "stopped or overloaded",
                        peer_name(), unknown_peer_ms_max / 1000));
    if (!open_) return {};
    if (now_ms - heard_ms_ > dead_ms)
        return refuse(
            fmt::format("nothing was heard of {} for {:.1f} s on its {} connection; see "
                        "whether it is stopped, overloaded or cut off",
                        peer_name(), static_cast<double>(now_ms - heard_ms_) / 1000,
                        peer_.lane == wire::Lane::DATA ? "data" : "control"));
    send_ping();
    return {};
}

void link_session::send_ping() {
    auto b = link_message();
    b.root().initPing();
    outgoing_.push_back(b.finish());
}

void link_session::send_hello() {
    auto b = link_message();
    auto h = b.root().initHello();
    h.setProtocolMin(protocol_version_min);
    h.setProtocolMax(protocol_version);
    h.setCluster(settings_.own.cluster);
    h.setNode(settings_.own.node);
    h.setWanted(settings_.wanted);
    h.setIncarnation(settings_.own.incarnation);
    h.setLane(settings_.lane);
    h.setNonce(capnp::Data::Reader(reinterpret_cast<const kj::byte*>(settings_.nonce.data()),
                                   settings_.nonce.size()));
    own_hello_ = b.finish();
    outgoing_.push_back(own_hello_);
}

void link_session::send_proof() {
    const auto mac = proof_of(settings_.dialler);
    auto b = link_message();
    b.root().initProof().setMac(
        capnp::Data::Reader(reinterpret_cast<const kj::byte*>(mac.data()), mac.size()));
    outgoing_.push_back(b.finish());
}

// Over the word of the side that proves, a zero byte, and the hellos of the dialler and the
// acceptor, each behind its length.
std::vector<std::byte> link_session::proof_of(bool dialler) const {
    const std::string word = dialler ? "slackline dial" : "slackline accept";
    const auto& first = settings_.dialler ? own_hello_ : peer_hello_;
    const auto& second = settings_.dialler ? peer_hello_ : own_hello_;
    std::vector<std::byte> text(word.size() + 1);
    std::memcpy(text.data(), word.c_str(), word.size() + 1);
    for (const auto* hello : {&first, &second}) {
        std::array<std::byte, 8> length{};
        store_little_endian(length.data(), std::uint64_t{hello->size_bytes()});
        text.insert(text.end(), length.begin(), length.end());
        for (const auto& s : hello->segments())
            text.insert(text.end(), s.bytes.begin(), s.bytes.end());
    }
    std::vector<std::byte> mac(EVP_MAX_MD_SIZE);
    unsigned length = 0;
    HMAC(EVP_sha256(), settings_.own.secret.data(), static_cast<int>(settings_.own.secret.size()),
         reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         reinterpret_cast<unsigned char*>(mac.data()), &length);
    mac.resize(length);
    return mac;
}

}  // namespace slackline
