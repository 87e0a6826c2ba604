#include "intake/xml_parser.h"

#include <new>

namespace sealdesk::intake {

namespace {

std::string_view without_prefix(std::string_view name) {
    const std::size_t colon = name.rfind(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

}  // namespace

const char* XmlAttributes::find(std::string_view name) const {
    for (const char** pair = pairs_; *pair != nullptr; pair += 2) {
        if (without_prefix(pair[0]) == name) {
            return pair[1];
        }
    }
    return nullptr;
}

std::string_view XmlAttributes::get(std::string_view name) const {
    const char* const value = find(name);
    return value == nullptr ? std::string_view{} : value;
}

bool XmlAttributes::has(std::string_view name) const { return find(name) != nullptr; }

XmlParser::XmlParser(XmlEvents& events) : parser_(XML_ParserCreate(nullptr)), events_(events) {
    if (!parser_) {
        throw std::bad_alloc();
    }
    XML_SetUserData(parser_.get(), this);
    XML_SetElementHandler(parser_.get(), &on_start, &on_end);
    XML_SetCharacterDataHandler(parser_.get(), &on_text);
    XML_SetStartDoctypeDeclHandler(parser_.get(), &on_doctype);
}

void XmlParser::expect_utf8() { XML_SetEncoding(parser_.get(), "UTF-8"); }

bool XmlParser::feed(std::string_view block, bool last) {
    if (!trouble_.empty()) {
        return false;
    }
    const auto status =
        XML_Parse(parser_.get(), block.data(), static_cast<int>(block.size()), last ? 1 : 0);
    fed_ += static_cast<std::int64_t>(block.size());
    if (status != XML_STATUS_OK && trouble_.empty()) {
        trouble_ = "xml.broken";
    }
    // What Expat holds back is one unfinished tag.
    if (trouble_.empty() && fed_ - XML_GetCurrentByteIndex(parser_.get()) > kXmlTokenMax) {
        trouble_ = "xml.too_large";
    }
    return trouble_.empty();
}

void XmlParser::stop(std::string_view trouble) {
    if (trouble_.empty()) {
        trouble_ = trouble;
        XML_StopParser(parser_.get(), XML_FALSE);
    }
}

std::int64_t XmlParser::line() const {
    return static_cast<std::int64_t>(XML_GetCurrentLineNumber(parser_.get()));
}

void XmlParser::on_start(void* self, const char* name, const char** attributes) {
    XmlParser& parser = *static_cast<XmlParser*>(self);
    if (!parser.trouble_.empty()) {
        return;
    }
    if (++parser.depth_ > kXmlDepthMax) {
        parser.stop("xml.too_deep");
        return;
    }
    parser.events_.start(without_prefix(name), XmlAttributes(attributes));
}

void XmlParser::on_end(void* self, const char* name) {
    XmlParser& parser = *static_cast<XmlParser*>(self);
    --parser.depth_;
    if (parser.trouble_.empty()) {
        parser.events_.end(without_prefix(name));
    }
}

void XmlParser::on_text(void* self, const char* piece, int length) {
    XmlParser& parser = *static_cast<XmlParser*>(self);
    if (parser.trouble_.empty()) {
        parser.events_.text({piece, static_cast<std::size_t>(length)});
    }
}

void XmlParser::on_doctype(void* self, const char*, const char*, const char*, int) {
    static_cast<XmlParser*>(self)->stop("xml.doctype");
}

}  // namespace sealdesk::intake
