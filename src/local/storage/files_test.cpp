#include "local/storage/files.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "local/storage/object_files.h"
#include "local/storage/test_store.h"

namespace imagemill::local {
namespace {

TEST(Files, EveryReasonOfTheDiskHasItsWords) {
    const std::vector<std::pair<int, std::string>> reasons = {
        {ENOSPC, "The disk is full: a could not be written."},
        {EDQUOT, "The disk quota is used up: a could not be written."},
        {EROFS, "The disk is read-only: a could not be written."},
        {EMFILE, "Too many files are open (ulimit -n): a could not be written."},
        {ENFILE, "Too many files are open (ulimit -n): a could not be written."},
        {EIO, "The disk reports an error: a could not be written."},
        {EACCES, "Permission is denied: a could not be written."},
        {ENOTDIR, "The disk refuses (Not a directory): a could not be written."},
    };
    for (const auto& [number, sentence] : reasons) {
        const Error error = disk_error(number, "a could not be written");
        EXPECT_EQ(error.message, sentence);
        EXPECT_EQ(error.code, Code::unavailable);
    }
}

TEST(Files, CreatingRefusesWhatIsThere) {
    const TestDirectory directory;
    const std::string path = directory.path("a");
    ASSERT_TRUE(create_file(path));
    EXPECT_FALSE(create_file(path));
}

TEST(Files, MissingIsNoError) {
    const TestDirectory directory;
    const std::string path = directory.path("a");
    EXPECT_FALSE(open_file(path)->has_value());
    EXPECT_FALSE(*exists(path));
    EXPECT_FALSE(*remove_file(path));
    EXPECT_FALSE(*move_file(path, directory.path("b")));
}

TEST(Files, WritingBeyondWhatTheSystemAllowsSaysSo) {
    const TestDirectory directory;
    const std::string path = directory.path("a");
    const auto file = create_file(path);
    ASSERT_TRUE(file);
    const LowerLimit limit(RLIMIT_FSIZE, 1000);

    EXPECT_TRUE(write_all(*file, as_bytes(std::string(1000, 'x')), path));
    const auto written = write_all(*file, as_bytes("y"), path);

    ASSERT_FALSE(written);
    EXPECT_EQ(written.error().code, Code::unavailable);
    EXPECT_NE(written.error().message.find(path), std::string::npos);
}

TEST(ObjectFiles, AFileIsFoundInEitherPlace) {
    const TestDirectory directory;
    const auto files = ObjectFiles::open(directory.path());
    ASSERT_TRUE(files);
    const std::string id = ObjectFiles::make_id();
    ASSERT_TRUE(ObjectFiles::is_id(id));

    EXPECT_FALSE(files->open_for_reading(id)->has_value());
    ASSERT_TRUE(files->create(id));
    EXPECT_TRUE(files->open_for_reading(id)->has_value());
    ASSERT_TRUE(files->settle(id));
    EXPECT_TRUE(std::filesystem::exists(files->path_in_objects(id)));
    EXPECT_FALSE(std::filesystem::exists(files->path_in_tmp(id)));
    EXPECT_TRUE(files->open_for_reading(id)->has_value());
    ASSERT_TRUE(files->remove(id));
    EXPECT_FALSE(files->open_for_reading(id)->has_value());
}

TEST(ObjectFiles, SettlingAndRemovingTwiceIsFine) {
    const TestDirectory directory;
    const auto files = ObjectFiles::open(directory.path());
    ASSERT_TRUE(files);
    const std::string id = ObjectFiles::make_id();
    ASSERT_TRUE(files->create(id));

    EXPECT_TRUE(files->settle(id));
    EXPECT_TRUE(files->settle(id));
    EXPECT_TRUE(files->remove(id));
    EXPECT_TRUE(files->remove(id));
    EXPECT_TRUE(files->settle(id));
    EXPECT_TRUE(files->sync_removed({id, ObjectFiles::make_id()}));
}

TEST(ObjectFiles, OnlyThirtyTwoHexDigitsAreAnId) {
    EXPECT_TRUE(ObjectFiles::is_id(std::string(32, 'a')));
    EXPECT_FALSE(ObjectFiles::is_id(std::string(31, 'a')));
    EXPECT_FALSE(ObjectFiles::is_id(std::string(33, 'a')));
    EXPECT_FALSE(ObjectFiles::is_id(std::string(32, 'A')));
    EXPECT_FALSE(ObjectFiles::is_id("../" + std::string(29, 'a')));
    EXPECT_FALSE(ObjectFiles::is_id(""));
}

}  // namespace
}  // namespace imagemill::local
