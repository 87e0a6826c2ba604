#include "ca/generations.h"

namespace sealdesk::ca {
namespace {

namespace fs = std::filesystem;

/// Of another key, in that folder; the rest as `same` has it.
CaFiles files_in(const fs::path& folder, CaFiles same, int generation) {
    same.certificate = folder / "ca.pem";
    same.key = folder / "ca.key";
    same.crl_folder = folder / "crl";
    same.generation = generation;
    return same;
}

fs::path next_folder(const CaFiles& files) {
    const fs::path own = folder_of(files);
    return (files.generation == 1 ? own : own.parent_path()) / std::to_string(files.generation + 1);
}

std::string with_generation(std::string url, const std::string& generation) {
    const auto slash = url.rfind('/');
    return slash == std::string::npos ? url : url.insert(slash, "/" + generation);
}

}  // namespace

std::vector<CaFiles> ca_generations(const fs::path& folder, const CaFiles& same) {
    std::vector<CaFiles> all{files_in(folder, same, 1)};
    for (CaFiles next = next_generation(all.back()); fs::exists(next.certificate);
         next = next_generation(all.back())) {
        all.push_back(next);
    }
    return all;
}

CaFiles next_generation(const CaFiles& files) {
    return files_in(next_folder(files), files, files.generation + 1);
}

CaFiles unfinished_generation(const CaFiles& files) {
    return files_in(next_folder(files).string() + ".part", files, files.generation + 1);
}

Publication publication_of(Publication first, int generation) {
    if (generation == 1) {
        return first;
    }
    const std::string number = std::to_string(generation);
    for (std::string* url : {&first.ca_issuers, &first.crl_partition, &first.delta_crl}) {
        *url = with_generation(std::move(*url), number);
    }
    for (std::string& url : first.crl) {
        url = with_generation(std::move(url), number);
    }
    return first;
}

}  // namespace sealdesk::ca
