#include "http/multipart.h"

#include <gtest/gtest.h>

namespace imagemill::http {
namespace {

// Gives its text in pieces of at most `step` bytes.
class SlowBody final : public BodyReader {
  public:
    SlowBody(std::string text, std::size_t step) : text_(std::move(text)), step_(step) {}
    Result<std::size_t> read(std::span<std::byte> to) override {
        const std::size_t count = std::min({to.size(), step_, text_.size() - next_});
        std::copy_n(as_bytes(text_).begin() + static_cast<std::ptrdiff_t>(next_), count,
                    to.begin());
        next_ += count;
        return count;
    }

  private:
    std::string text_;
    std::size_t step_;
    std::size_t next_ = 0;
};

constexpr std::size_t kAtOnce = SIZE_MAX;

struct Form {
    std::vector<std::pair<Part, std::string>> parts;
    std::optional<Error> error;

    std::string names() const {
        std::string out;
        for (const auto& [part, content] : parts) out += part.name + "=" + content + ";";
        return out;
    }
};

Form read_form(const std::string& text, std::size_t step = kAtOnce, MultipartLimits limits = {}) {
    SlowBody body(text, step);
    MultipartReader reader(body, "b", limits);
    Form form;
    while (true) {
        auto part = reader.next();
        if (!part) {
            form.error = part.error();
            return form;
        }
        if (*part == nullptr) return form;
        auto content = read_all(reader.body(), INT64_C(1) << 30, "test");
        if (!content) {
            form.error = content.error();
            return form;
        }
        form.parts.emplace_back(**part, as_text(*content));
    }
}

std::string part_of(const std::string& disposition, const std::string& content) {
    return "--b\r\nContent-Disposition: form-data; " + disposition + "\r\n\r\n" + content + "\r\n";
}

std::optional<std::string> filename_of(const std::string& parameters) {
    const Form form = read_form(part_of("name=f; " + parameters, "x") + "--b--");
    if (form.parts.size() != 1) return "no part: " + (form.error ? form.error->message : "");
    return form.parts[0].first.filename;
}

TEST(Boundary, IsTakenPlainOrQuoted) {
    EXPECT_EQ(*parse_boundary("multipart/form-data; boundary=abc"), "abc");
    EXPECT_EQ(*parse_boundary("Multipart/Form-Data;charset=utf-8; BOUNDARY=\"a b;c\""), "a b;c");
    EXPECT_EQ(parse_boundary("multipart/form-data; boundary=" + std::string(70, 'x'))->size(), 70U);
}

TEST(Boundary, MissingOrWrongIsRefusedByName) {
    const std::string long_one = "multipart/form-data; boundary=" + std::string(71, 'x');
    for (const std::string text :
         {"", "text/plain; boundary=a", "multipart/form-data", "multipart/form-data; boundary=",
          "multipart/form-data; boundary=\"a", "multipart/form-data; boundary",
          "multipart/form-data; boundary=\"a\"b", long_one.c_str()}) {
        const auto boundary = parse_boundary(text);
        ASSERT_FALSE(boundary) << text;
        EXPECT_EQ(boundary.error().code, Code::invalid_argument);
    }
    EXPECT_NE(parse_boundary("multipart/form-data").error().message.find("boundary"),
              std::string::npos);
}

TEST(Multipart, ReadsFieldsAndFiles) {
    const std::string text =
        part_of("name=\"title\"", "My cat") +
        "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"cat.jpg\"\r\n"
        "Content-Type: image/jpeg\r\nX-Other: 1\r\n\r\nbytes\r\n--b--\r\n";

    const Form form = read_form(text);

    ASSERT_EQ(form.names(), "title=My cat;file=bytes;");
    EXPECT_FALSE(form.parts[0].first.filename);
    EXPECT_EQ(form.parts[0].first.content_type, "");
    EXPECT_EQ(form.parts[1].first.filename, "cat.jpg");
    EXPECT_EQ(form.parts[1].first.content_type, "image/jpeg");
    EXPECT_EQ(form.parts[1].first.headers.get("x-other"), "1");
}

TEST(Multipart, WhatLooksLikeABoundaryIsContent) {
    const std::string tricky =
        "\r\n-\r\n--\r\n--x\r\n--bb\r\n--b \tx\r\n--b-\r\n--b\r\r\n\n--b--\r\r\n\r\n";
    for (std::size_t step : {std::size_t{1}, std::size_t{2}, std::size_t{7}, kAtOnce}) {
        const Form form =
            read_form(part_of("name=a", tricky) + part_of("name=c", "") + "--b--", step);
        EXPECT_EQ(form.names(), "a=" + tricky + ";c=;") << step;
        EXPECT_FALSE(form.error);
    }
}

TEST(Multipart, ReadsTheSameInPiecesOfAnySize) {
    const std::string text = "preamble\r\n" + part_of("name=a; filename=x", "1\r\n2\r\n") +
                             part_of("name=c", "\r\n--") + part_of("name=d", "") +
                             "--b-- \r\nepilogue";
    for (std::size_t step = 1; step < text.size(); ++step) {
        EXPECT_EQ(read_form(text, step).names(), "a=1\r\n2\r\n;c=\r\n--;d=;") << step;
    }
}

TEST(Multipart, ABoundaryMayStraddleEveryPlaceOfTheBuffer) {
    // The window is 64 KB: the last boundary starts at each place around its end.
    const std::size_t head = part_of("name=a", "").size() - 2;
    for (std::size_t size = 64 * 1024 - head - 40; size < 64 * 1024 - head + 40; ++size) {
        const std::string content(size, '\r');
        const Form form = read_form(part_of("name=a", content) + part_of("name=c", "z") + "--b--");
        ASSERT_FALSE(form.error) << form.error->message;
        ASSERT_EQ(form.parts.size(), 2U) << size;
        EXPECT_EQ(form.parts[0].second, content) << size;
        EXPECT_EQ(form.parts[1].second, "z") << size;
    }
}

TEST(Multipart, PassesManyMegabytesInOneBuffer) {
    std::string content(8'000'000, '\0');
    for (std::size_t i = 0; i < content.size(); ++i) content[i] = "\r\n-b"[i * i / 7 % 4];
    const Form form = read_form(part_of("name=a; filename=f", content) + "--b--", 1'000);

    ASSERT_EQ(form.parts.size(), 1U);
    EXPECT_EQ(form.parts[0].second, content);
}

TEST(Multipart, ReadsAByteAtATime) {
    SlowBody body(part_of("name=a", "hello") + "--b--", 1);
    MultipartReader reader(body, "b", {});
    ASSERT_NE(*reader.next(), nullptr);

    std::string content;
    std::byte one{};
    while (*reader.body().read({&one, 1}) == 1) content += static_cast<char>(one);

    EXPECT_EQ(content, "hello");
    EXPECT_EQ(*reader.next(), nullptr);
    EXPECT_EQ(*reader.next(), nullptr);
    EXPECT_EQ(*reader.body().read({&one, 1}), 0U);
}

TEST(Multipart, NextSkipsWhatWasNotRead) {
    SlowBody body(part_of("name=a", std::string(200'000, 'x')) + part_of("name=c", "y") + "--b--",
                  999);
    MultipartReader reader(body, "b", {});
    std::array<std::byte, 10> some{};

    ASSERT_NE(*reader.next(), nullptr);
    ASSERT_EQ(*reader.body().read(some), 10U);
    EXPECT_EQ((*reader.next())->name, "c");
    EXPECT_EQ(*reader.next(), nullptr);
}

TEST(Multipart, AFormMayBeEmpty) {
    const Form form = read_form("--b--\r\n");
    EXPECT_TRUE(form.parts.empty());
    EXPECT_FALSE(form.error);
}

TEST(Multipart, APartMayEndWithItsHeaders) {
    const std::string text =
        "--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b\r\n"
        "Content-Disposition: form-data; name=c\r\n\r\n\r\n--b--";
    for (std::size_t step : {std::size_t{1}, kAtOnce}) {
        EXPECT_EQ(read_form(text, step).names(), "a=;c=;");
    }
}

TEST(Multipart, EndingBeforeTheLastBoundaryIsCorrupt) {
    const std::string whole = part_of("name=a", "hello") + "--b--";
    for (std::size_t size = 0; size < whole.size(); ++size) {
        const Form form = read_form(whole.substr(0, size));
        ASSERT_TRUE(form.error) << size;
        EXPECT_EQ(form.error->code, Code::corrupt) << size;
    }
}

TEST(Multipart, FileNamesAreAsBrowsersSendThem) {
    EXPECT_EQ(filename_of("filename=\"kätzchen 日.jpg\""), "kätzchen 日.jpg");
    EXPECT_EQ(filename_of("filename=\"a%22b%0D%0Ac%20%41.jpg\""), "a\"b\r\nc%20%41.jpg");
    EXPECT_EQ(filename_of("filename=\"semi;colon=x.jpg\""), "semi;colon=x.jpg");
    EXPECT_EQ(filename_of("filename=\"\""), "");
    EXPECT_EQ(filename_of("filename=plain.jpg"), "plain.jpg");
    EXPECT_EQ(filename_of("x=y"), std::nullopt);
}

TEST(Multipart, BackslashesAreEscapesOnlyBeforeQuotesAndThemselves) {
    EXPECT_EQ(filename_of("filename=\"a\\\"b.jpg\""), "a\"b.jpg");
    EXPECT_EQ(filename_of("filename=\"a\\\\b.jpg\""), "a\\b.jpg");
    EXPECT_EQ(filename_of("filename=\"C:\\dir\\cat.jpg\""), "C:\\dir\\cat.jpg");
    EXPECT_EQ(filename_of("filename=\"ends\\\""), "ends\\");
}

TEST(Multipart, TheExtendedFileNameWins) {
    EXPECT_EQ(filename_of("filename=\"c_t.jpg\"; filename*=UTF-8''c%C3%A4t.jpg"), "cät.jpg");
    EXPECT_EQ(filename_of("filename*=utf-8'de'a%20b; filename=c"), "a b");
    EXPECT_EQ(filename_of("filename=\"c_t.jpg\"; filename*=ISO-8859-1''c%E4t.jpg"), "c_t.jpg");
    EXPECT_EQ(filename_of("filename=\"c_t.jpg\"; filename*=UTF-8''c%E4t.jpg"), "c_t.jpg");
}

TEST(Multipart, WrongPartsAreInvalid) {
    const std::string heads[] = {
        "",
        "\r\nContent-Type: text/plain",
        "\r\nContent-Disposition: form-data",
        "\r\nContent-Disposition: attachment; name=a",
        "\r\nContent-Disposition: form-data; name=\"a",
        "\r\nContent-Disposition: form-data; name",
        "\r\nContent-Disposition: form-data; name=a; filename*=UTF-8''%E4",
        "\r\nContent-Disposition : form-data; name=a",
        "\r\nContent-Disposition: form-data;\r\n name=a",
        "\r\nContent-Disposition: form-data; name=a\nX: y",
        std::string("\r\nContent-Disposition: form-data; name=a\0", 42),
        "\r\nno header",
        "\r\n: none",
    };
    for (const std::string& head : heads) {
        const Form form = read_form("--b" + head + "\r\n\r\nx\r\n--b--");
        ASSERT_TRUE(form.error) << head;
        EXPECT_EQ(form.error->code, Code::invalid_argument) << head;
    }
}

TEST(Multipart, PartsAreCounted) {
    std::string text;
    for (int i = 0; i < 3; ++i) text += part_of("name=a", "");

    EXPECT_FALSE(read_form(text + "--b--", kAtOnce, {.parts_max = 3}).error);
    const Form form = read_form(text + "--b--", kAtOnce, {.parts_max = 2});
    ASSERT_TRUE(form.error);
    EXPECT_EQ(form.error->code, Code::too_large);
    EXPECT_EQ(form.error->exceeded, (Exceeded{"multipart.parts_max", 2, 3}));
    EXPECT_TRUE(read_form(text + "--b--", kAtOnce, {.parts_max = 0}).error);

    std::string many;
    for (int i = 0; i < 10'000; ++i) many += part_of("name=a", "");
    EXPECT_EQ(read_form(many + "--b--").error->code, Code::too_large);
}

TEST(Multipart, PartHeadersAreMeasured) {
    const std::string line = "\r\nContent-Disposition: form-data; name=a\r\nX: ";
    const std::string value(100, 'x');
    const std::string text = "--b" + line + value + "\r\n\r\nc\r\n--b--";
    const int size = static_cast<int>(line.size() + value.size());

    EXPECT_FALSE(read_form(text, kAtOnce, {.header_bytes_max = size}).error);
    EXPECT_FALSE(read_form(text, 1, {.header_bytes_max = size}).error);
    for (const int limit : {size - 1, 0, -1}) {
        const Form form = read_form(text, kAtOnce, {.header_bytes_max = limit});
        ASSERT_TRUE(form.error);
        EXPECT_EQ(form.error->code, Code::too_large);
        EXPECT_EQ(form.error->exceeded->limit, limit);
    }
    const Form form = read_form("--b" + line + std::string(1'000'000, 'x') + "\r\n\r\n--b--");
    EXPECT_EQ(form.error->code, Code::too_large);
    // Larger than the usual buffer, where that is allowed.
    const Form large = read_form("--b" + line + std::string(100'000, 'x') + "\r\n\r\nc\r\n--b--",
                                 777, {.header_bytes_max = 200'000});
    EXPECT_EQ(large.names(), "a=c;");
}

TEST(Multipart, ThePeersErrorIsPassedOn) {
    class Broken final : public BodyReader {
        Result<std::size_t> read(std::span<std::byte>) override {
            return Error{Code::unavailable, "Gone."};
        }
    } broken;
    MultipartReader reader(broken, "b", {});

    EXPECT_EQ(reader.next().error().code, Code::unavailable);
}

}  // namespace
}  // namespace imagemill::http
