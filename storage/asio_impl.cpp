// The one translation unit that compiles Asio (BOOST_ASIO_SEPARATE_COMPILATION in the top CMakeLists.txt).
#include <boost/asio/impl/src.hpp>
