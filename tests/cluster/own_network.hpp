// A network of the test's own: one namespace a host, each with an address and a cable to a switch
// that can be pulled out.
//
// It needs the right to make network namespaces (root, as a rule) and the program `ip`; nothing of
// the machine's own network is touched. What was made is removed when the object goes away.
// Owner and thread: one test.
#pragma once

#include <optional>
#include <string>
#include <vector>

class own_network {
public:
    using words = std::vector<std::string>;

    /// Why no network can be made here; nothing where it can.
    static std::optional<std::string> impossible();

    explicit own_network(words hosts);
    ~own_network();
    own_network(const own_network&) = delete;
    own_network& operator=(const own_network&) = delete;

    /// The IPv4 address of a host.
    std::string address(const std::string& host) const;

    /// The words that start a command on a host; its process is then the command's own.
    words on(const std::string& host, words command) const;

    /// Pulls the host's cable out: what is sent vanishes, and no connection is reset.
    void cut(const std::string& host) const;
    void heal(const std::string& host) const;

private:
    own_network() = default;
    std::size_t place(const std::string& host) const;

    words hosts_;
};
