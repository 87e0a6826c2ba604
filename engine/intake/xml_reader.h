#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "intake/byte_stream.h"
#include "intake/xml_parser.h"

namespace sealdesk::intake {

/// One `<submission>` of an XML file.
struct XmlItem {
    std::int64_t number = 0;  ///< from 1
    std::int64_t line = 0;    ///< where it begins, or where the trouble is
    std::vector<std::pair<std::string, std::string>> members;  ///< name and text of each field
    std::string_view trouble;  ///< code of why it cannot be taken; empty when it can
};

/// Reads forms/schema/submissions.xsd, record by record:
/// `<submissions scheme= form= form_version=><submission><field name="…">…</field>…`.
/// A record that is not of that shape is handed out in trouble (xml.shape, xml.repeated_field,
/// xml.record_too_large) and reading goes on; what is no XML ends the file (xml.broken,
/// xml.doctype, xml.too_deep, xml.too_large: the last item then).
class XmlReader final : private XmlEvents {
public:
    explicit XmlReader(ByteStream& stream);

    bool next(XmlItem& item);

    /// The root's name and its attributes scheme, form, form_version; known once next() was called.
    [[nodiscard]] const std::string& root() const { return root_; }
    [[nodiscard]] const std::map<std::string, std::string>& words() const { return words_; }

private:
    void start(std::string_view name, const XmlAttributes& attributes) override;
    void end(std::string_view name) override;
    void text(std::string_view piece) override;
    void start_root(std::string_view name, const XmlAttributes& attributes);
    void start_field(std::string_view name, const XmlAttributes& attributes);
    void spoil(std::string_view trouble);
    void feed();

    ByteStream& stream_;
    XmlParser parser_;
    std::deque<XmlItem> ready_;
    XmlItem item_;
    std::size_t bytes_ = 0;
    int depth_ = 0;
    std::int64_t number_ = 0;
    std::string root_;
    std::map<std::string, std::string> words_;
    bool ended_ = false;
};

}  // namespace sealdesk::intake
