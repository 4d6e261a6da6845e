// Certificates for servers under TLS, made by the openssl command line when the test runs, good for a
// day: an authority, a server and a client that it vouches for, and an authority that vouches for nobody.
#pragma once

#include "tests/support/temporary_directory.hpp"

#include <string>

namespace latchkey::test {

class certificate_files {
public:
    certificate_files();

    // The server's certificate names localhost and 127.0.0.1.
    std::string ca() const { return directory_.file("ca.pem"); }
    std::string server_certificate() const { return directory_.file("server.pem"); }
    std::string server_key() const { return directory_.file("server.key"); }
    std::string client_certificate() const { return directory_.file("client.pem"); }
    std::string client_key() const { return directory_.file("client.key"); }
    std::string stranger_ca() const { return directory_.file("stranger.pem"); }
    std::string stranger_key() const { return directory_.file("stranger.key"); }

private:
    void make_authority(const std::string& name) const;
    void make_certificate(const std::string& name) const;

    temporary_directory directory_;
};

// One set for all tests of a program: making it takes the openssl program five runs.
inline const certificate_files& certificates()
{
    static const certificate_files made;
    return made;
}

} // namespace latchkey::test
