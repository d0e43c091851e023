#include <pugixml.hpp>
#include <sstream>

#include "local/s3/exchange.h"

namespace imagemill::local::s3 {

Answer run(const GetBucketLocation&, Exchange& exchange) {
    TRY(exchange.store.head_bucket(exchange.operation.bucket));
    pugi::xml_document document;
    pugi::xml_node location = document.append_child("LocationConstraint");
    location.append_attribute("xmlns") = std::string(kXmlNamespace).c_str();
    // S3's first region has no name here.
    if (exchange.options.region != "us-east-1") {
        location.text().set(exchange.options.region.c_str());
    }
    std::ostringstream xml;
    document.save(xml, "", pugi::format_raw, pugi::encoding_utf8);
    return http::Response::text(200, kXmlType, xml.str());
}

}  // namespace imagemill::local::s3
