#include "functions/manifest_store.h"

#include "functions/recipes.h"

namespace imagemill::functions {
namespace {

constexpr std::int64_t kManifestBytesMax = 1'000'000;

}  // namespace

Result<Standing> read_manifest(store::ObjectStore& store, const std::string& bucket,
                               const std::string& source_key) {
    const store::ObjectId id = {.bucket = bucket, .key = manifest_key(source_key)};
    const auto object = store.get(id, {.size_max = kManifestBytesMax});
    if (!object && object.error().code == Code::no_such_key) return Standing();
    if (!object && object.error().code == Code::too_large) {
        const store::ObjectInfo info = TRY(store.head(id));
        return Standing{.etag = info.etag, .unreadable = object.error().message};
    }
    if (!object) return object.error();

    auto manifest = parse_manifest(as_text(object->body));
    if (!manifest) {
        return Standing{.etag = object->info.etag, .unreadable = manifest.error().message};
    }
    return Standing{.etag = object->info.etag, .manifest = *std::move(manifest)};
}

Result<std::string> write_manifest(store::ObjectStore& store, const std::string& bucket,
                                   const Manifest& manifest, const std::string& etag) {
    const store::ObjectId id = {.bucket = bucket, .key = manifest_key(manifest.source.key)};
    return store.put(id, as_bytes(format_manifest(manifest)),
                     {.content_type = "application/json",
                      .cache_control = "no-cache",
                      .if_match = etag,
                      .if_none_match = etag.empty()});
}

}  // namespace imagemill::functions
