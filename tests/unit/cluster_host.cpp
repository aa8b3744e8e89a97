#include "cluster/file/host.hpp"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <unistd.h>

#include <string>

#include "tests/catch.hpp"

using namespace slackline;

TEST_CASE("loopback is what only its own host reaches", "[cluster][file]") {
    for (const char* host : {"localhost", "LOCALHOST", "127.0.0.1", "127.255.0.9", "::1",
                             "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"}) {
        INFO(host);
        CHECK(loopback(host));
        CHECK(on_this_host(host));
    }
    for (const char* host : {"", "126.0.0.1", "128.0.0.1", "10.0.0.1", "::", "::2",
                             "::ffff:10.0.0.1", "localhost.lan", "127", "127.0.0.1.lan"}) {
        INFO(host);
        CHECK_FALSE(loopback(host));
    }
}

TEST_CASE("this host goes by its own name", "[cluster][file]") {
    char name[256] = {};
    REQUIRE(::gethostname(name, sizeof name - 1) == 0);
    const std::string own(name);
    CHECK(on_this_host(own));
    CHECK(on_this_host(own.substr(0, own.find('.'))));
    CHECK_FALSE(on_this_host("not-" + own));
    CHECK_FALSE(on_this_host(own + "x"));
}

TEST_CASE("addresses that no interface has are of other hosts", "[cluster][file]") {
    // 192.0.2.0/24, 198.51.100.0/24 and 2001:db8::/32 are for documentation: nobody has them.
    for (const char* host : {"", "192.0.2.1", "198.51.100.7", "2001:db8::1", "no-such-host"}) {
        INFO(host);
        CHECK_FALSE(on_this_host(host));
    }
}

TEST_CASE("every address of this host's interfaces is on this host", "[cluster][file]") {
    ifaddrs* first = nullptr;
    REQUIRE(::getifaddrs(&first) == 0);
    int seen = 0;
    for (const auto* i = first; i; i = i->ifa_next) {
        const int family = i->ifa_addr ? i->ifa_addr->sa_family : AF_UNSPEC;
        if (family != AF_INET && family != AF_INET6) continue;
        char text[NI_MAXHOST] = {};
        const auto size = family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
        REQUIRE(::getnameinfo(i->ifa_addr, static_cast<socklen_t>(size), text, sizeof text, nullptr,
                              0, NI_NUMERICHOST) == 0);
        const std::string host(text);
        INFO(host);
        CHECK(on_this_host(host.substr(0, host.find('%'))));
        ++seen;
    }
    ::freeifaddrs(first);
    CHECK(seen > 0);
}
