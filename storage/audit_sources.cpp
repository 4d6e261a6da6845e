#include "storage/audit_sources.hpp"

#include <fcntl.h>
#include <filesystem>

namespace latchkey {
namespace {

std::optional<file_descriptor> open_if_same(const std::string& path, file_identity identity)
{
    auto file = open_file(path, O_RDONLY);
    if (!file) return std::nullopt;
    const auto facts = facts_of(*file);
    if (!facts || facts->identity != identity) return std::nullopt;
    return std::move(*file);
}

} // namespace

std::uint32_t audit_sources::number_of(const std::string& path, file_identity identity)
{
    const std::lock_guard lock{mutex_};
    for (std::size_t number = 0; number < sources_.size(); ++number)
        if (sources_[number].identity == identity && !sources_[number].is_gone)
            return static_cast<std::uint32_t>(number);
    sources_.push_back({path, identity});
    return static_cast<std::uint32_t>(sources_.size() - 1);
}

std::uint32_t audit_sources::add_fresh(const std::string& path, file_identity identity)
{
    const std::lock_guard lock{mutex_};
    for (source& known : sources_)
        if (known.identity == identity) known.is_gone = true;
    sources_.push_back({path, identity});
    return static_cast<std::uint32_t>(sources_.size() - 1);
}

void audit_sources::rename(std::uint32_t number, std::string path)
{
    const std::lock_guard lock{mutex_};
    sources_[number].path = std::move(path);
}

std::optional<file_descriptor> audit_sources::open(std::uint32_t number)
{
    const std::lock_guard lock{mutex_};
    source& wanted = sources_[number];
    if (wanted.is_gone) return std::nullopt;
    if (auto file = open_if_same(wanted.path, wanted.identity)) return file;

    if (auto path = find_by_identity(wanted.identity)) {
        if (auto file = open_if_same(*path, wanted.identity)) {
            wanted.path = std::move(*path);
            return file;
        }
    }
    wanted.is_gone = true;
    return std::nullopt;
}

std::vector<bool> audit_sources::gone() const
{
    const std::lock_guard lock{mutex_};
    std::vector<bool> gone;
    gone.reserve(sources_.size());
    for (const source& file : sources_)
        gone.push_back(file.is_gone);
    return gone;
}

std::optional<std::string> audit_sources::find_by_identity(file_identity identity) const
{
    const auto parent = std::filesystem::path{path_}.parent_path();
    std::error_code ec;
    std::filesystem::directory_iterator entries{parent.empty() ? "." : parent, ec};
    for (; !ec && entries != std::filesystem::directory_iterator{}; entries.increment(ec)) {
        const std::string path = entries->path().string();
        const auto facts = facts_of(path);
        if (facts && facts->is_regular && facts->identity == identity) return path;
    }
    return std::nullopt;
}

} // namespace latchkey
