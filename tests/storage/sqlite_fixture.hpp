// A sqlite store in a directory of its own, which can be closed and opened again.
#pragma once

#include "storage/sqlite_store.hpp"
#include "tests/storage/store_fixture.hpp"
#include "tests/support/file_text.hpp"

#include <filesystem>
#include <fstream>

namespace latchkey::test {

// Unlike the samples': no two share bytes.
inline digest distinct_digest(std::uint32_t number)
{
    digest bytes{};
    std::uint32_t state = number * 2654435761u + 12345;
    for (std::uint8_t& byte : bytes) {
        state = state * 1664525 + 1013904223;
        byte = static_cast<std::uint8_t>(state >> 24);
    }
    return bytes;
}

inline std::string bytes_of(const digest& from)
{
    return {from.begin(), from.end()};
}

class sqlite_fixture {
public:
    explicit sqlite_fixture(sqlite_options options = {.retention = retention}) : options_{options} { open(); }

    sqlite_store* operator->() const { return store_.get(); }

    open_result<std::unique_ptr<sqlite_store>> try_open() const
    {
        return sqlite_store::open(path(), time, options_);
    }

    void open()
    {
        auto opened = try_open();
        INFO((opened ? "" : opened.error().message));
        REQUIRE(opened);
        store_ = std::move(*opened);
    }

    void close() { store_.reset(); }

    void reopen()
    {
        close();
        open();
    }

    void sweep() const { store_->sweep(); }

    void pass(microseconds by)
    {
        time.advance(by);
        sweep();
    }

    // Of the closed file.
    std::optional<std::int64_t> ask(std::string_view sql) const
    {
        auto database = sqlite_database::open(path());
        REQUIRE(database);
        return database->ask(sql);
    }

    // Whether the files do. The log first: a checkpoint in between moves bytes from it to the database.
    bool holds(std::string_view bytes) const
    {
        return contents_of(path() + "-wal").find(bytes) != std::string::npos ||
               contents_of(path()).find(bytes) != std::string::npos;
    }

    // The files as a crash would leave them now, as a database elsewhere: its path.
    std::string copy_to(const temporary_directory& elsewhere) const
    {
        const std::string copy = elsewhere.file("test.db");
        const std::string log = path() + "-wal";
        for (;;) { // until nothing was moved from the one to the other meanwhile
            const std::string before = contents_of(log);
            std::filesystem::copy_file(path(), copy, std::filesystem::copy_options::overwrite_existing);
            if (contents_of(log) != before) continue;
            std::ofstream{copy + "-wal", std::ios::binary} << before;
            return copy;
        }
    }

    time_point now() const { return time.now(); }
    std::string path() const { return directory_.file("test.db"); }

    uuid add_user(std::uint32_t number) const
    {
        REQUIRE(run_task(store_->insert_user(sample_user(number, now()))));
        return sample_uuid(number);
    }

    key_id add_token(std::uint32_t number, const uuid& owner) const
    {
        REQUIRE(run_task(store_->insert_key(sample_token(number, owner, now()))));
        return sample_key_id(number);
    }

    bool is_found(const key_id& id) const { return store_->lookup(id).what == key_lookup::outcome::found; }

    fake_clock time;

private:
    const sqlite_options options_;
    temporary_directory directory_;
    std::unique_ptr<sqlite_store> store_;
};

} // namespace latchkey::test
