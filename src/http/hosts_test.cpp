#include "http/hosts.h"

#include <gtest/gtest.h>

namespace imagemill::http {
namespace {

TEST(Hosts, AllowLoopbackNamesOnAnyPort) {
    const Hosts hosts({});
    for (const char* name : {"localhost", "localhost:9000", "LocalHost:1", "127.0.0.1:8080",
                             "[::1]", "[::1]:8080", "localhost.", "localhost.:80", "localhost:"}) {
        EXPECT_TRUE(hosts.allows(name)) << name;
    }
}

TEST(Hosts, RefuseEveryOtherName) {
    const Hosts hosts({"img.example.com"});
    for (const char* name :
         {"", "evil.example", "example.com", "notlocalhost", "localhost.evil.example", "127.0.0.2",
          "evil.127.0.0.1", "[::2]", "[::1", "::1", "localhost:80x", "localhost:80:90",
          "a@localhost", "a b.localhost", ".localhost", "a..localhost", "evilimg.example.com"}) {
        EXPECT_FALSE(hosts.allows(name)) << name;
    }
}

TEST(Hosts, AllowTheNamesGiven) {
    const Hosts hosts({"Img.Example.com:8443", "192.168.1.5", "fe80::1"});

    EXPECT_TRUE(hosts.allows("img.example.com"));
    EXPECT_TRUE(hosts.allows("192.168.1.5:8080"));
    EXPECT_TRUE(hosts.allows("[FE80::1]:8080"));
    EXPECT_TRUE(hosts.allows("localhost"));
}

TEST(Hosts, SubdomainIsWhatStandsBeforeAnAllowedName) {
    const Hosts hosts({"s3.example.com"});

    EXPECT_EQ(hosts.subdomain_of("photos.localhost:9000"), "photos");
    EXPECT_EQ(hosts.subdomain_of("a.b.localhost"), "a.b");
    EXPECT_EQ(hosts.subdomain_of("Photos.S3.example.com"), "photos");
    EXPECT_TRUE(hosts.allows("photos.localhost:9000"));
}

TEST(Hosts, SubdomainIsEmptyForAnAllowedNameOrNone) {
    const Hosts hosts({"s3.example.com", "example.com"});
    for (const char* name : {"localhost", "127.0.0.1:9000", "s3.example.com", "x.127.0.0.1",
                             "other.org", "[::1]:9000"}) {
        EXPECT_EQ(hosts.subdomain_of(name), "") << name;
    }
    EXPECT_EQ(hosts.subdomain_of("photos.s3.example.com"), "photos");
}

}  // namespace
}  // namespace imagemill::http
