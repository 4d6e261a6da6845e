// Catch2 2 (Debian 12) or 3 (Debian 13): the only place that knows the difference.
#pragma once

#if __has_include(<catch2/catch_all.hpp>)
#    include <catch2/catch_all.hpp>
#else
#    define CATCH_CONFIG_ENABLE_ALL_STRINGMAKERS
#    include <catch2/catch.hpp>
#endif
