#include "cluster/link/lane_of.hpp"

namespace slackline {

wire::Lane lane_of(wire::Message::Which kind) {
    switch (kind) {
        case wire::Message::PULLED:
        case wire::Message::PUSH:
        case wire::Message::RESTORE:
        case wire::Message::SNAPSHOT:
        case wire::Message::APPEND:
            return wire::Lane::DATA;
        default:
            return wire::Lane::CONTROL;
    }
}

bool is_request(wire::Message::Which kind) {
    switch (kind) {
        case wire::Message::SUBMIT:
        case wire::Message::ATTACH:
        case wire::Message::CANCEL_RUN:
        case wire::Message::ASK:
        case wire::Message::MOVE:
        case wire::Message::JOIN_CLUSTER:
        case wire::Message::RESHARD:
        case wire::Message::REMOVE_NODE:
            return true;
        default:
            return false;
    }
}

}  // namespace slackline
