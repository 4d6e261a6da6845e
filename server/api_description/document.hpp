// The API as an OpenAPI 3.1 document, made from the rows of router.cpp and what each of them is described by.
// Made once, at start; constant from then on.
#pragma once

#include <string>

namespace latchkey {

struct api_document {
    std::string text; // JSON, with a newline at its end
    std::string etag; // in quotes, as header fields carry it
};

// The one document. Throws std::logic_error for a description that contradicts itself, which a test looks
// for.
const api_document& described_api();

} // namespace latchkey
