#include "tests/support/certificates.hpp"

#include <cstdlib>
#include <stdexcept>

namespace latchkey::test {
namespace {

void run_openssl(const std::string& arguments)
{
    const std::string command =
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 1 " + arguments +
        " >/dev/null 2>&1";
    if (std::system(command.c_str()) != 0) throw std::runtime_error{"openssl fails: " + command};
}

} // namespace

certificate_files::certificate_files()
{
    make_authority("ca");
    make_authority("stranger");
    make_certificate("server");
    make_certificate("client");
}

void certificate_files::make_authority(const std::string& name) const
{
    run_openssl("-subj /CN=" + name + " -keyout " + directory_.file(name + ".key") + " -out " +
                directory_.file(name + ".pem"));
}

void certificate_files::make_certificate(const std::string& name) const
{
    run_openssl("-subj /CN=" + name + " -addext subjectAltName=DNS:localhost,IP:127.0.0.1" +
                " -addext basicConstraints=critical,CA:FALSE -CA " + directory_.file("ca.pem") + " -CAkey " +
                directory_.file("ca.key") + " -keyout " + directory_.file(name + ".key") + " -out " +
                directory_.file(name + ".pem"));
}

} // namespace latchkey::test
