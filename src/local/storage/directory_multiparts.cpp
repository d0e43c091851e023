#include "local/storage/directory_multiparts.h"

#include <array>
#include <cstdio>
#include <utility>

#include "base/random.h"
#include "local/storage/assembly.h"
#include "local/storage/catalog.h"
#include "local/storage/directory_store.h"
#include "local/storage/file_upload.h"
#include "local/storage/files.h"
#include "local/storage/part_file.h"

namespace imagemill::local {
namespace {

constexpr std::size_t kIdRandomBytes = 18;

// Ids of one key are in the order in which the uploads started.
std::string make_upload_id(Time now) {
    std::array<char, 13> start = {};
    std::snprintf(start.data(), start.size(), "%012llx",
                  static_cast<unsigned long long>(now.time_since_epoch().count()));
    return start.data() + random_hex(kIdRandomBytes);
}

Error replaced(int number) {
    return {Code::conflict,
            "Part " + std::to_string(number) + " was uploaded again while the object was made."};
}

CompletedUpload completed_of(const StoredObject& object) {
    return {.etag = object.etag,
            .checksum_algorithm = object.attributes.checksum_algorithm,
            .checksum = object.attributes.checksum,
            .checksum_type = object.attributes.checksum_type};
}

}  // namespace

Catalog& DirectoryMultiparts::catalog() {
    return store_.catalog();
}

const ObjectFiles& DirectoryMultiparts::files() const {
    return store_.files();
}

Result<std::string> DirectoryMultiparts::create(const std::string& bucket, const std::string& key,
                                                const Attributes& attributes,
                                                const std::string& principal) {
    TRY(check_key(key));
    TRY(check_attributes(attributes));
    const Time now = clock_.now();
    const OpenUpload upload = {.ref = {.bucket = bucket, .key = key, .id = make_upload_id(now)},
                               .started = now,
                               .principal = principal,
                               .attributes = attributes};
    const auto change = [&](Database& database) -> Result<void> {
        TRY(check_bucket(database, bucket));
        return insert_upload(database, upload);
    };
    TRY(catalog().write(Sync::full, change));
    return upload.ref.id;
}

Result<UploadRow> DirectoryMultiparts::find_row(const UploadRef& ref) {
    return catalog().read([&](Database& database) { return get_upload(database, ref); });
}

Result<OpenUpload> DirectoryMultiparts::find(const UploadRef& ref) {
    UploadRow row = TRY(find_row(ref));
    return std::move(row.upload);
}

Result<std::optional<CompletedUpload>> DirectoryMultiparts::find_completed(const UploadRef& ref) {
    return catalog().read([&](Database& database) { return local::find_completed(database, ref); });
}

Result<std::unique_ptr<PartUpload>> DirectoryMultiparts::begin_part(const UploadRef& ref,
                                                                    int number,
                                                                    std::int64_t size_bytes) {
    const UploadRow row = TRY(find_row(ref));
    const std::optional<PartRow> former = TRY(
        catalog().read([&](Database& database) { return find_part(database, ref.id, number); }));
    const PartPlace place = slots_.claim(row, number, size_bytes, former.has_value());
    // Completed or aborted since it was looked at, the upload has no slots any more: the file may
    // be an object's now.
    Result<UploadRow> still = find_row(ref);
    Result<Fd> file = still ? open_place(place, *still) : Result<Fd>(still.error());
    if (!file) {
        release(ref, number, place, false);
        return file.error();
    }
    std::unique_ptr<PartUpload> part = std::make_unique<PartFile>(
        *this,
        PartFile::Place{.ref = ref, .number = number, .place = place, .file = *std::move(file)});
    return part;
}

Result<Fd> DirectoryMultiparts::open_place(const PartPlace& place, const UploadRow& row) const {
    if (place.slot_bytes == 0) return files().create(place.file);
    const std::string path = files().path_in_tmp(place.file);
    if (row.slots_file.empty()) {
        Fd file = TRY(files().create_or_open(place.file));
        TRY(move_to(file, place.offset_bytes, path));
        return file;
    }
    // A part is in it: made anew it would have a hole there.
    std::optional<Fd> file = TRY(files().open_for_writing(place.file));
    if (!file) {
        return Error{Code::unavailable, "The file " + path + " of the upload " + row.upload.ref.id +
                                            " is missing on this server's disk. Abort the upload."};
    }
    TRY(move_to(*file, place.offset_bytes, path));
    return *std::move(file);
}

void DirectoryMultiparts::release(const UploadRef& ref, int number, const PartPlace& place,
                                  bool is_kept) {
    if (place.slot_bytes > 0) {
        slots_.release(ref.id, number, is_kept);
    } else if (!is_kept) {
        // Failing, it leaves a file in tmp/ that the next start sweeps.
        (void)files().remove(place.file);
    }
}

Result<void> DirectoryMultiparts::put(const UploadRef& ref, PartRow& row, std::int64_t slot_bytes,
                                      bool& in_doubt) {
    std::string former_file;
    Change change;
    change.apply = [&](Database& database) -> Result<void> {
        const UploadRow upload = TRY(get_upload(database, ref));
        const auto former = TRY(find_part(database, ref.id, row.part.number));
        row.part.modified = clock_.now();
        TRY(put_part(database, ref.id, row));
        if (slot_bytes > 0 && upload.slots_file != row.file) {
            TRY(set_slots(database, ref, row.file, slot_bytes));
        }
        if (!former || former->file == upload.slots_file) return {};
        former_file = former->file;
        return add_garbage(database, former_file);
    };
    const Result<void> committed = catalog().write(change);
    in_doubt = change.in_doubt;
    if (committed) store_.discard(former_file);
    return committed;
}

Result<PartPage> DirectoryMultiparts::parts(const UploadRef& ref, int after_number, int count_max) {
    return catalog().read([&](Database& database) -> Result<PartPage> {
        TRY(get_upload(database, ref));
        PartPage page;
        std::vector<PartRow> rows = TRY(part_rows(database, ref.id, after_number, count_max + 1));
        for (PartRow& row : rows) page.parts.push_back(std::move(row.part));
        page.is_truncated = std::ssize(page.parts) > count_max;
        if (page.is_truncated) page.parts.pop_back();
        return page;
    });
}

Result<UploadPage> DirectoryMultiparts::list(const std::string& bucket, const UploadQuery& query) {
    return catalog().read([&](Database& database) -> Result<UploadPage> {
        TRY(check_bucket(database, bucket));
        return list_uploads(database, bucket, query);
    });
}

// Of the upload's rows those that were listed; its slots cannot become the object when they hold
// parts that were not.
Result<std::vector<PartRow>> DirectoryMultiparts::choose_rows(const Completion& completion,
                                                              Slots& slots) {
    const std::vector<PartRow> all = TRY(catalog().read([&](Database& database) {
        return part_rows(database, completion.ref.id, 0, kPartNumberMax);
    }));
    std::vector<PartRow> chosen;
    auto row = all.begin();
    for (const StoredPart& part : completion.parts) {
        while (row != all.end() && row->part.number < part.number) ++row;
        const bool is_same =
            row != all.end() && row->part.number == part.number && row->part.etag == part.etag;
        if (!is_same) return replaced(part.number);
        chosen.push_back(*row);
    }
    if (chosen.size() != all.size()) slots = Slots::to_be_left;
    return chosen;
}

Result<StoredObject> DirectoryMultiparts::complete(const Completion& completion,
                                                   const WriteConditions& conditions,
                                                   const Origin& origin) {
    const UploadRef& ref = completion.ref;
    const PartSlots::Assembling assembling(slots_, ref.id);
    const UploadRow upload = TRY(find_row(ref));
    Slots slots = assembling.is_quiet() ? Slots::free_to_take : Slots::to_be_left;
    const std::vector<PartRow> rows = TRY(choose_rows(completion, slots));
    const AssemblyPlan plan = plan_assembly(rows, upload.slots_file, slots);

    Exchange exchange;
    exchange.file = TRY(assemble(plan, upload.slots_file, files()));
    exchange.object = {.bucket = ref.bucket,
                       .key = ref.key,
                       .etag = completion.etag,
                       .size_bytes = plan.size_bytes,
                       .modified = {},
                       .attributes = upload.upload.attributes};
    exchange.object.attributes.checksum_algorithm = completion.checksum_algorithm;
    exchange.object.attributes.checksum = completion.checksum;
    exchange.object.attributes.checksum_type = completion.checksum_type;
    exchange.object.attributes.part_layout = format_part_layout(completion.parts);
    std::vector<std::string> garbage;
    exchange.also = [&](Database& database) -> Result<void> {
        const UploadRow now = TRY(get_upload(database, ref));
        garbage = TRY(delete_upload(database, now, exchange.file));
        return put_completed(database, ref, completed_of(exchange.object), clock_.now());
    };
    WriteConditions all = conditions;
    if (!all.if_match.empty()) all.unchanged_since = upload.upload.started;
    bool in_doubt = false;
    const Result<void> put = store_.put(exchange, all, origin, in_doubt);
    if (!put && !plan.is_in_place && !in_doubt) (void)files().remove(exchange.file);
    if (!put) return put.error();

    const std::string slots_file = slots_.forget(ref.id);
    // No row named it if none of its writers succeeded.
    if (slots_file != exchange.file && upload.slots_file.empty() && !slots_file.empty()) {
        (void)files().remove(slots_file);
    }
    discard(garbage);
    return std::move(exchange.object);
}

Result<void> DirectoryMultiparts::abort(const UploadRef& ref) {
    std::vector<std::string> garbage;
    const auto change = [&](Database& database) -> Result<void> {
        const UploadRow row = TRY(get_upload(database, ref));
        garbage = TRY(delete_upload(database, row, ""));
        return {};
    };
    TRY(catalog().write(Sync::full, change));
    const std::string slots_file = slots_.forget(ref.id);
    if (!slots_file.empty()) (void)files().remove(slots_file);
    discard(garbage);
    return {};
}

void DirectoryMultiparts::discard(const std::vector<std::string>& garbage) {
    for (const std::string& file : garbage) store_.discard(file);
}

}  // namespace imagemill::local
