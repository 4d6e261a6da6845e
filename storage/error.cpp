#include "storage/error.hpp"

#include <string>

namespace latchkey {
namespace {

class category final : public boost::system::error_category {
public:
    const char* name() const noexcept override { return "latchkey.storage"; }

    std::string message(int value) const override
    {
        switch (static_cast<storage_errc>(value)) {
        case storage_errc::unavailable: return "the store is unavailable";
        case storage_errc::overloaded: return "too much is waiting already";
        case storage_errc::not_found: return "not found";
        case storage_errc::id_taken: return "the id is taken";
        case storage_errc::name_taken: return "the token name is taken";
        case storage_errc::username_taken: return "the username is taken";
        case storage_errc::email_taken: return "the email address is taken";
        case storage_errc::users_exist: return "users exist already";
        case storage_errc::owner_gone: return "the owner is deleted";
        case storage_errc::creator_gone: return "the creating key is revoked";
        case storage_errc::bad_file: return "the file is damaged or not one of Latchkey's";
        }
        return "unknown storage error";
    }
};

} // namespace

const boost::system::error_category& storage_category() noexcept
{
    static const category instance;
    return instance;
}

error_code make_error_code(storage_errc code) noexcept
{
    return {static_cast<int>(code), storage_category()};
}

} // namespace latchkey
