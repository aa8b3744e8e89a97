#include "cluster/file/host.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <ifaddrs.h>
#include <netinet/in.h>
#include <strings.h>
#include <unistd.h>

#include <charconv>
#include <cstring>
#include <memory>
#include <optional>

namespace slackline {

namespace {

// Either family as IPv6; IPv4 as ::ffff:a.b.c.d.
std::optional<in6_addr> read_ip(const std::string& host) {
    in6_addr six{};
    if (::inet_pton(AF_INET6, host.c_str(), &six) == 1) return six;
    in_addr four{};
    if (::inet_pton(AF_INET, host.c_str(), &four) != 1) return std::nullopt;
    six.s6_addr[10] = six.s6_addr[11] = 0xff;
    std::memcpy(six.s6_addr + 12, &four, sizeof four);
    return six;
}

bool of_interface(const in6_addr& ip, const sockaddr* own) {
    if (!own) return false;
    if (own->sa_family == AF_INET6)
        return std::memcmp(&reinterpret_cast<const sockaddr_in6*>(own)->sin6_addr, &ip,
                           sizeof ip) == 0;
    return own->sa_family == AF_INET && IN6_IS_ADDR_V4MAPPED(&ip) &&
           std::memcmp(&reinterpret_cast<const sockaddr_in*>(own)->sin_addr, ip.s6_addr + 12, 4) ==
               0;
}

bool of_any_interface(const in6_addr& ip) {
    ifaddrs* first = nullptr;
    if (::getifaddrs(&first) != 0) return false;
    const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all(first, &::freeifaddrs);
    for (const auto* i = first; i; i = i->ifa_next)
        if (of_interface(ip, i->ifa_addr)) return true;
    return false;
}

bool equal(const std::string& a, const std::string& b) {
    return ::strcasecmp(a.c_str(), b.c_str()) == 0;
}

// An IP address in its usual spelling, or a host's name; nothing where it is neither.
std::optional<std::string> usual(const std::string& host, bool bracketed) {
    in6_addr six{};
    if (bracketed) {
        char spelled[INET6_ADDRSTRLEN] = {};
        if (::inet_pton(AF_INET6, host.c_str(), &six) != 1) return std::nullopt;
        return ::inet_ntop(AF_INET6, &six, spelled, sizeof spelled);
    }
    if (host.empty() ||
        host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                               "0123456789-_.") != host.npos)
        return std::nullopt;
    const bool digits = host.find_first_not_of("0123456789.") == host.npos;
    if (digits && !read_ip(host)) return std::nullopt;
    return host;
}

// Stands for every address of a host.
bool wildcard(const std::string& host) {
    const auto ip = read_ip(host);
    if (!ip) return false;
    return IN6_IS_ADDR_UNSPECIFIED(&*ip) ||
           (IN6_IS_ADDR_V4MAPPED(&*ip) && std::memcmp(ip->s6_addr + 12, "\0\0\0\0", 4) == 0);
}

}  // namespace

result<host_port> read_host_port(const std::string& text) {
    const auto wrong = [](std::string why) { return fail(failure_code::usage, std::move(why)); };
    const auto colon = text.rfind(':');
    if (colon == text.npos || colon + 1 == text.size() || text.back() == ']')
        return wrong("there is no port; write \"host:port\", such as \"127.0.0.1:7000\"");
    std::string host = text.substr(0, colon);
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    if (bracketed) host = host.substr(1, host.size() - 2);
    if (!bracketed && host.find(':') != host.npos)
        return wrong("an IPv6 address stands in brackets; write \"[address]:port\"");
    const auto spelled = usual(host, bracketed);
    if (!spelled)
        return wrong(bracketed ? "this is no IPv6 address in the brackets; correct it"
                               : "this is neither an IPv4 address nor a host's name; correct it");
    if (wildcard(host))
        return wrong("this stands for every address of a host; write the one that others dial");
    std::uint16_t port = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data() + colon + 1, end, port);
    if (read.ec != std::errc() || read.ptr != end)
        return wrong("this is no port; write a number from 0 to 65535 behind the last colon");
    return host_port{*spelled, port};
}

std::string written_address(const std::string& host, std::uint16_t port) {
    return host.find(':') == host.npos ? fmt::format("{}:{}", host, port)
                                       : fmt::format("[{}]:{}", host, port);
}

bool loopback(const std::string& host) {
    if (equal(host, "localhost")) return true;
    const auto ip = read_ip(host);
    return ip &&
           (IN6_IS_ADDR_LOOPBACK(&*ip) || (IN6_IS_ADDR_V4MAPPED(&*ip) && ip->s6_addr[12] == 127));
}

bool on_this_host(const std::string& host) {
    if (loopback(host)) return true;
    if (const auto ip = read_ip(host)) return of_any_interface(*ip);
    char own[256] = {};
    if (::gethostname(own, sizeof own - 1) != 0 || host.empty()) return false;
    const std::string name(own);
    return equal(host, name) || equal(host, name.substr(0, name.find('.')));
}

}  // namespace slackline
