#pragma once

#include <cstdint>
#include <string_view>

#include <expat.h>

#include "base/handle.h"

// XML event by event, within limits; nothing outside this room includes it.
namespace sealdesk::intake {

/// Elements inside elements: a submission needs 3, a worksheet 6.
inline constexpr int kXmlDepthMax = 64;

/// A start tag (with its attributes), comment or processing instruction; text has no such limit.
inline constexpr std::int64_t kXmlTokenMax = std::int64_t{256} * 1024;

/// A start tag's attributes; names without prefix.
class XmlAttributes {
public:
    explicit XmlAttributes(const char** pairs) : pairs_(pairs) {}
    /// The value, or "" when there is none.
    [[nodiscard]] std::string_view get(std::string_view name) const;
    [[nodiscard]] bool has(std::string_view name) const;

private:
    [[nodiscard]] const char* find(std::string_view name) const;
    const char** pairs_;
};

/// What a parser tells, in UTF-8; names come without their prefix.
class XmlEvents {
public:
    virtual ~XmlEvents() = default;
    virtual void start(std::string_view name, const XmlAttributes& attributes) = 0;
    virtual void end(std::string_view name) = 0;
    virtual void text(std::string_view piece) = 0;
};

/// Expat, pushed block by block: flat memory, no document type (so no entities but the five of
/// XML itself, and nothing external), a limit on depth and on the length of a tag. Poco's own SAX
/// reader sits on the same Expat, but reads a whole file in one call and cannot be paused.
class XmlParser {
public:
    explicit XmlParser(XmlEvents& events);
    XmlParser(const XmlParser&) = delete;
    XmlParser& operator=(const XmlParser&) = delete;

    /// Bytes in UTF-8 (or, for parts of a workbook, as their XML declaration says). False once
    /// nothing more will come: `trouble` says why.
    bool feed(std::string_view block, bool last);

    /// To be called from an event: the rest is not wanted.
    void stop(std::string_view trouble);

    /// xml.broken, xml.doctype, xml.too_deep, xml.too_large, what stop() was told, or nothing.
    [[nodiscard]] std::string_view trouble() const { return trouble_; }

    /// Where the parser is, from 1.
    [[nodiscard]] std::int64_t line() const;

    /// Bytes come in UTF-8 whatever the declaration says. Before the first feed().
    void expect_utf8();

private:
    static void on_start(void* self, const char* name, const char** attributes);
    static void on_end(void* self, const char* name);
    static void on_text(void* self, const char* piece, int length);
    static void on_doctype(void* self, const char*, const char*, const char*, int);

    Handle<XML_ParserStruct, &XML_ParserFree> parser_;
    XmlEvents& events_;
    int depth_ = 0;
    std::int64_t fed_ = 0;
    std::string_view trouble_;
};

}  // namespace sealdesk::intake
