#include <algorithm>
#include <map>
#include <optional>

#include "image/carried.h"
#include "image/probe/xml_scan.h"

namespace imagemill::image {
namespace {

// A stretch of the packet that is to read otherwise.
struct Change {
    std::size_t from = 0;
    std::size_t to = 0;
    std::string with = {};
};

// What a property must say of the output; nothing where it may stay.
std::optional<std::string> true_value(std::string_view name, const CarryPlan& plan) {
    const std::string_view local = local_name(name);
    if (local == "Orientation") return "1";
    if (local == "ImageWidth" || local == "PixelXDimension") {
        return std::to_string(plan.size.width);
    }
    if (local == "ImageLength" || local == "PixelYDimension") {
        return std::to_string(plan.size.height);
    }
    // exif:ColorSpace; its own namespace has nothing else of this name.
    if (name == "exif:ColorSpace" && plan.color == ColorSpace::srgb) return "1";
    // What it refers to is not carried.
    if (local == "HasExtendedXMP") return "";
    return std::nullopt;
}

// What lies behind a JPEG's picture, in files of its own, or in the rest of the XMP: containers,
// films, sounds, depths and gain maps. None of it comes along, so nothing may say that it does.
constexpr std::string_view kBesideThePicture[] = {
    "http://ns.google.com/photos/1.0/container/", "http://ns.google.com/photos/1.0/audio/",
    "http://ns.google.com/photos/1.0/depthmap/",  "http://ns.google.com/photos/1.0/image/",
    "http://ns.google.com/photos/dd/1.0/",        "http://ns.adobe.com/hdr-gain-map/1.0/",
    "http://ns.apple.com/HDRGainMap/1.0/",
};
// Of this namespace only what speaks of the film.
constexpr std::string_view kCamera = "http://ns.google.com/photos/1.0/camera/";

bool is_beside_the_picture(std::string_view space, std::string_view local) {
    if (space == kCamera)
        return local.starts_with("MotionPhoto") || local.starts_with("MicroVideo");
    return std::ranges::any_of(kBesideThePicture,
                               [space](std::string_view gone) { return space.starts_with(gone); });
}

// Walks the packet once; places are found by where the tokens' own texts lie in it.
class Rewriting final {
  public:
    Rewriting(std::string_view packet, const CarryPlan& plan)
        : packet_(packet), plan_(plan), scanner_(packet) {}

    // Nothing where the packet is not well-formed: what cannot be read cannot be made true.
    std::optional<std::vector<Change>> run() {
        XmlToken token;
        while (true) {
            if (!scanner_.next(token)) return std::nullopt;
            if (token.kind == XmlToken::Kind::end) break;
            if (token.kind == XmlToken::Kind::open) open(token);
            if (token.kind == XmlToken::Kind::text) text(token);
            if (token.kind == XmlToken::Kind::close) close(token);
        }
        if (depth_ > 0) return std::nullopt;
        return std::move(changes_);
    }

  private:
    std::size_t place(std::string_view part) const {
        return static_cast<std::size_t>(part.data() - packet_.data());
    }

    void open(const XmlToken& token) {
        if (depth_ > 0) {
            if (!token.is_empty) ++depth_;
            return;
        }
        for (const XmlAttribute& attribute : token.attributes) {
            if (attribute.name.starts_with("xmlns:")) {
                spaces_[local_name(attribute.name)] = attribute.value;
            }
        }
        if (is_left_out(token.name)) {
            start_ = place(token.name) - 1;
            if (token.is_empty) return leave_out(end_of_tag(token));
            depth_ = 1;
            return;
        }
        for (const XmlAttribute& attribute : token.attributes) {
            const auto value = true_value(attribute.name, plan_);
            if (value) replace(attribute.value, *value);
            // With the quote behind it; the blank before it stays.
            if (!value && is_left_out(attribute.name)) {
                start_ = place(attribute.name);
                leave_out(place(attribute.value) + attribute.value.size() + 1);
            }
        }
        value_ = token.is_empty ? std::nullopt : true_value(token.name, plan_);
    }

    // Prefixes are bound on the way down; one that is bound anew further in stays so, which no
    // writer does.
    bool is_left_out(std::string_view name) const {
        const std::string_view local = local_name(name);
        if (local == "Thumbnails") return true;
        const auto space = spaces_.find(name.substr(0, name.find(':')));
        return space != spaces_.end() && is_beside_the_picture(space->second, local);
    }

    std::size_t end_of_tag(const XmlToken& token) const {
        std::size_t from = place(token.name);
        if (!token.attributes.empty()) {
            const std::string_view last = token.attributes.back().value;
            from = place(last) + last.size();
        }
        return packet_.find('>', from) + 1;
    }

    void leave_out(std::size_t end) { changes_.push_back({start_, end, ""}); }

    void text(const XmlToken& token) {
        if (depth_ == 0 && value_) replace(token.text, *value_);
    }

    void close(const XmlToken& token) {
        value_.reset();
        if (depth_ == 0 || --depth_ > 0) return;
        leave_out(end_of_tag(token));
    }

    void replace(std::string_view part, const std::string& value) {
        changes_.push_back({place(part), place(part) + part.size(), value});
    }

    std::string_view packet_;
    const CarryPlan& plan_;
    XmlScanner scanner_;
    std::vector<Change> changes_ = {};
    std::map<std::string_view, std::string_view> spaces_ = {};  // By prefix.
    std::optional<std::string> value_ = {};  // Of the element whose text comes next.
    std::size_t start_ = 0;                  // Of the element that is left out,
    int depth_ = 0;                          // whose inside the scan is in, so deep.
};

// XML 1.0, 4.6 and 4.1: the five names; other references stay as they are written.
std::string unescape(std::string_view text) {
    constexpr std::pair<std::string_view, char> kNames[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}};
    std::string plain;
    while (!text.empty()) {
        const auto name = std::ranges::find_if(
            kNames, [text](const auto& row) { return text.starts_with(row.first); });
        const bool is_name = name != std::end(kNames);
        plain += is_name ? name->second : text.front();
        text.remove_prefix(is_name ? name->first.size() : 1);
    }
    return plain;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view kBlank = " \t\r\n";
    const std::size_t first = text.find_first_not_of(kBlank);
    if (first == std::string_view::npos) return {};
    return text.substr(first, text.find_last_not_of(kBlank) - first + 1);
}

std::string_view from_first_tag(std::string_view packet) {
    packet.remove_prefix(std::min(packet.find('<'), packet.size()));
    return packet;
}

}  // namespace

Buffer rewrite_xmp(Bytes bytes, const CarryPlan& plan) {
    const std::string_view packet = from_first_tag(as_text(bytes));
    const bool is_wide = packet.find('\0') != std::string_view::npos;
    if (packet.empty() || packet.size() > kCarriedBytesMax || is_wide) return {};
    const auto changes = Rewriting(packet, plan).run();
    if (!changes) return {};
    std::string out;
    std::size_t at = 0;
    for (const Change& change : *changes) {
        out.append(packet.substr(at, change.from - at)).append(change.with);
        at = change.to;
    }
    return to_buffer(out.append(packet.substr(at)));
}

std::string text_of_xmp(std::string_view packet, std::string_view name) {
    std::string found;
    const auto add = [&found](std::string_view text) {
        if (trimmed(text).empty() || found.size() > kCarriedBytesMax) return;
        if (!found.empty()) found += "; ";
        found += unescape(trimmed(text));
    };
    XmlScanner scanner(from_first_tag(packet));
    XmlToken token;
    int depth = 0;
    while (scanner.next(token) && token.kind != XmlToken::Kind::end) {
        if (token.kind == XmlToken::Kind::close && depth > 0 && --depth == 0) break;
        if (token.kind == XmlToken::Kind::text && depth > 0) add(token.text);
        if (token.kind != XmlToken::Kind::open) continue;
        for (const XmlAttribute& attribute : token.attributes) {
            if (depth == 0 && local_name(attribute.name) == name) add(attribute.value);
        }
        if (!token.is_empty && (depth > 0 || local_name(token.name) == name)) ++depth;
    }
    return found;
}

}  // namespace imagemill::image
