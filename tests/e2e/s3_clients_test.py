"""The S3 clients people use, each doing with a running server what people do with it: Debian's
boto3, AWS CLI, s3cmd, rclone and s3fs. What each cell of docs/s3.md's matrix says is a test here."""

import filecmp
import hashlib
import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import time
import unittest
import urllib.parse
import urllib.request

from cloud import BIN, Cloud, DEADLINE_S, main

AWS = os.environ.get("IMAGEMILL_AWS", "/usr/bin/aws")  # Debian's, or any other.
# 5 MiB and more in parts, so that every client splits it; and not a multiple of anything.
BIG_BYTES = 17 * 1024 * 1024 + 13
ODD_NAMES = ["a b.txt", "a+b.txt", "100%.txt", "%41.txt", "ä ö/ß.txt", "日本/猫.txt",
             "a&b=c;d.txt", "q?.txt", "h#.txt", "(x)!$'*,.txt", "it's \"quoted\".txt", "a\\b.txt",
             "~tilde~.txt"]


def big_content():
    block = hashlib.sha256(b"imagemill").digest() * 1024
    return (block * (BIG_BYTES // len(block) + 1))[:BIG_BYTES]


class ClientTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cloud = Cloud()
        cls.cloud.start()
        cls.folder = pathlib.Path(tempfile.mkdtemp(prefix="imagemill-clients-"))
        cls.big = cls.folder / "big.bin"
        cls.big.write_bytes(big_content())
        cls.s3 = cls.cloud.s3()
        cls.bucket = cls.__name__.lower()
        cls.s3.create_bucket(Bucket=cls.bucket)

    @classmethod
    def tearDownClass(cls):
        cls.cloud.stop()
        if not cls.cloud.keep_data:
            shutil.rmtree(cls.cloud.data, ignore_errors=True)
        shutil.rmtree(cls.folder, ignore_errors=True)

    def run_client(self, *command, environment=None, status=0):
        home = {"HOME": str(self.folder), "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
        done = subprocess.run([str(part) for part in command], env={**home, **(environment or {})},
                              capture_output=True, text=True, timeout=DEADLINE_S * 2)
        self.assertEqual(done.returncode, status, f"{command}\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def body(self, key):
        return self.s3.get_object(Bucket=self.bucket, Key=key)["Body"].read()

    def keys(self, prefix=""):
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.bucket, Prefix=prefix)
        return sorted(entry["Key"] for page in pages for entry in page.get("Contents", []))

    def make_tree(self, name):
        tree = self.folder / name
        (tree / "sub dir").mkdir(parents=True)
        (tree / "one.txt").write_text("one")
        (tree / "sub dir" / "zwei+ä.txt").write_text("two")
        return tree


class Boto3(ClientTest):
    def test_a_big_file_goes_up_in_parts_and_comes_back(self):
        self.s3.upload_file(str(self.big), self.bucket, "big.bin",
                            ExtraArgs={"Metadata": {"made-by": "test"}, "ContentType": "x/y"})
        head = self.s3.head_object(Bucket=self.bucket, Key="big.bin")
        self.assertRegex(head["ETag"], r'^"[0-9a-f]{32}-3"$')
        self.assertEqual(head["Metadata"], {"made-by": "test"})
        self.assertEqual(head["ContentType"], "x/y")
        target = self.folder / "back.bin"
        self.s3.download_file(self.bucket, "big.bin", str(target))
        self.assertTrue(filecmp.cmp(self.big, target, shallow=False))
        # A copy of it is one object again, with an MD5.
        self.s3.copy_object(Bucket=self.bucket, Key="copy.bin",
                            CopySource={"Bucket": self.bucket, "Key": "big.bin"})
        copied = self.s3.head_object(Bucket=self.bucket, Key="copy.bin")
        self.assertEqual(copied["ETag"].strip('"'), hashlib.md5(big_content()).hexdigest())
        self.assertEqual(copied["Metadata"], {"made-by": "test"})

    def test_odd_names_are_put_listed_read_copied_and_removed(self):
        odder = ["line\nbreak.txt", "/lead", "a//b", "end/", ".."]
        for number, name in enumerate(ODD_NAMES + odder):
            with self.subTest(name=name):
                key = f"odd/{name}"
                self.s3.put_object(Bucket=self.bucket, Key=key, Body=str(number))
                self.assertEqual(self.body(key), str(number).encode())
                self.assertIn(key, self.keys("odd/"))
                self.s3.copy_object(Bucket=self.bucket, Key=key + ".copy",
                                    CopySource={"Bucket": self.bucket, "Key": key})
                self.assertEqual(self.body(key + ".copy"), str(number).encode())
        listed = [{"Key": key} for key in self.keys("odd/")]
        answer = self.s3.delete_objects(Bucket=self.bucket, Delete={"Objects": listed})
        self.assertEqual(len(answer["Deleted"]), len(listed))
        self.assertEqual(self.keys("odd/"), [])

    def test_pages_fold_and_continue_in_both_versions_of_the_listing(self):
        for name in ("p/1", "p/2", "p/d/3", "p/d/4", "p/e/5"):
            self.s3.put_object(Bucket=self.bucket, Key=name, Body=b"x")
        for operation in ("list_objects", "list_objects_v2"):
            pages = list(self.s3.get_paginator(operation).paginate(
                Bucket=self.bucket, Prefix="p/", Delimiter="/", PaginationConfig={"PageSize": 1}))
            self.assertEqual(len(pages), 4)
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
            folds = [fold["Prefix"] for page in pages for fold in page.get("CommonPrefixes", [])]
            self.assertEqual((keys, folds), (["p/1", "p/2"], ["p/d/", "p/e/"]))
        versions = self.s3.list_object_versions(Bucket=self.bucket, Prefix="p/")["Versions"]
        self.assertEqual({entry["VersionId"] for entry in versions}, {"null"})

    def test_tags_cors_and_notifications_are_kept(self):
        self.s3.put_object(Bucket=self.bucket, Key="t", Body=b"x", Tagging="a=1&b=%20")
        tags = self.s3.get_object_tagging(Bucket=self.bucket, Key="t")["TagSet"]
        self.assertEqual(tags, [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": " "}])
        self.s3.put_object_tagging(Bucket=self.bucket, Key="t",
                                   Tagging={"TagSet": [{"Key": "ä", "Value": "<&>"}]})
        self.assertEqual(self.s3.get_object_tagging(Bucket=self.bucket, Key="t")["TagSet"],
                         [{"Key": "ä", "Value": "<&>"}])
        rule = {"AllowedMethods": ["GET"], "AllowedOrigins": ["https://a.example"],
                "ExposeHeaders": ["ETag"], "MaxAgeSeconds": 5}
        self.s3.put_bucket_cors(Bucket=self.bucket, CORSConfiguration={"CORSRules": [rule]})
        self.assertEqual(self.s3.get_bucket_cors(Bucket=self.bucket)["CORSRules"], [rule])
        self.s3.delete_bucket_cors(Bucket=self.bucket)
        arn = "arn:aws:lambda:us-east-1:000000000000:function:image-resize-processor"
        said = {"Id": "mine", "LambdaFunctionArn": arn, "Events": ["s3:ObjectCreated:Put"],
                "Filter": {"Key": {"FilterRules": [{"Name": "Prefix", "Value": "in/"}]}}}
        self.s3.put_bucket_notification_configuration(
            Bucket=self.bucket,
            NotificationConfiguration={"LambdaFunctionConfigurations": [said]})
        kept = self.s3.get_bucket_notification_configuration(Bucket=self.bucket)
        self.assertEqual(kept["LambdaFunctionConfigurations"], [said])

    def test_presigned_urls_get_put_and_delete(self):
        def sign(operation, **parameters):
            return self.s3.generate_presigned_url(
                operation, Params={"Bucket": self.bucket, "Key": "signed ä.txt", **parameters})

        def fetch(url, method, body=None):
            request = urllib.request.Request(url, data=body, method=method)
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                return answer.status, answer.headers, answer.read()

        self.assertEqual(fetch(sign("put_object"), "PUT", b"bytes")[0], 200)
        status, headers, body = fetch(sign("get_object", ResponseContentType="text/x-odd",
                                           ResponseCacheControl="no-cache"), "GET")
        self.assertEqual((status, body), (200, b"bytes"))
        self.assertEqual(headers["Content-Type"], "text/x-odd")
        self.assertEqual(headers["Cache-Control"], "no-cache")
        self.assertEqual(fetch(sign("delete_object"), "DELETE")[0], 204)
        self.assertEqual(self.keys("signed"), [])

    def test_what_is_not_served_is_refused_by_name(self):
        from botocore.exceptions import ClientError
        refused = [
            lambda: self.s3.put_bucket_versioning(
                Bucket=self.bucket, VersioningConfiguration={"Status": "Enabled"}),
            lambda: self.s3.put_object(Bucket=self.bucket, Key="k", StorageClass="GLACIER"),
            lambda: self.s3.put_object(Bucket=self.bucket, Key="k", ACL="public-read"),
            lambda: self.s3.put_object(Bucket=self.bucket, Key="k", SSECustomerAlgorithm="AES256",
                                       SSECustomerKey="k" * 32),
            lambda: self.s3.put_bucket_policy(Bucket=self.bucket, Policy="{}"),
            lambda: self.s3.select_object_content(
                Bucket=self.bucket, Key="k", Expression="x", ExpressionType="SQL",
                InputSerialization={"CSV": {}}, OutputSerialization={"CSV": {}})]
        for call in refused:
            with self.assertRaises(ClientError) as raised:
                call()
            self.assertEqual(raised.exception.response["Error"]["Code"], "NotImplemented")
        self.assertNotIn("Status", self.s3.get_bucket_versioning(Bucket=self.bucket))


class AwsCli(ClientTest):
    def aws(self, *arguments, **options):
        # Version 1 still presigns by Signature Version 2 unless it is told.
        settings = self.folder / "aws-config"
        settings.write_text("[default]\ns3 =\n    signature_version = s3v4\n")
        return self.run_client(
            AWS, "--endpoint-url", self.cloud.s3_url, "--region", "us-east-1", *arguments,
            environment={"AWS_SHARED_CREDENTIALS_FILE": str(self.cloud.data / "credentials"),
                         "AWS_CONFIG_FILE": str(settings)},
            **options)

    def test_buckets_are_made_listed_and_removed(self):
        self.aws("s3", "mb", "s3://cli-made")
        self.assertIn("cli-made", self.aws("s3", "ls"))
        self.aws("s3", "rb", "s3://cli-made")
        self.assertNotIn("cli-made", self.aws("s3", "ls"))

    def test_files_are_copied_moved_and_removed(self):
        root = f"s3://{self.bucket}/files"
        self.aws("s3", "cp", self.big, f"{root}/big.bin", "--metadata", "a=b")
        self.aws("s3", "cp", f"{root}/big.bin", f"{root}/again.bin")
        self.aws("s3", "mv", f"{root}/again.bin", f"{root}/moved.bin")
        self.assertEqual(self.keys("files/"), ["files/big.bin", "files/moved.bin"])
        target = self.folder / "cli-back.bin"
        self.aws("s3", "cp", f"{root}/moved.bin", target)
        self.assertTrue(filecmp.cmp(self.big, target, shallow=False))
        head = json.loads(self.aws("s3api", "head-object", "--bucket", self.bucket, "--key",
                                   "files/big.bin"))
        self.assertEqual(head["Metadata"], {"a": "b"})
        self.aws("s3", "rm", root, "--recursive")
        self.assertEqual(self.keys("files/"), [])

    def test_a_folder_is_kept_in_step(self):
        tree = self.make_tree("cli-tree")
        root = f"s3://{self.bucket}/tree"
        self.aws("s3", "sync", tree, root)
        self.assertEqual(self.keys("tree/"), ["tree/one.txt", "tree/sub dir/zwei+ä.txt"])
        self.assertEqual(self.aws("s3", "sync", tree, root), "")
        (tree / "one.txt").unlink()
        self.aws("s3", "sync", tree, root, "--delete")
        self.assertEqual(self.keys("tree/"), ["tree/sub dir/zwei+ä.txt"])
        back = self.folder / "cli-tree-back"
        self.aws("s3", "sync", root, back)
        self.assertEqual((back / "sub dir" / "zwei+ä.txt").read_text(), "two")

    def test_a_presigned_url_and_tags(self):
        self.s3.put_object(Bucket=self.bucket, Key="x y", Body=b"x")
        url = self.aws("s3", "presign", f"s3://{self.bucket}/x y").strip()
        self.assertEqual(self.cloud.fetch(url).body, b"x")
        self.aws("s3api", "put-object-tagging", "--bucket", self.bucket, "--key", "x y",
                 "--tagging", "TagSet=[{Key=k,Value=v}]")
        self.assertIn('"v"', self.aws("s3api", "get-object-tagging", "--bucket", self.bucket,
                                      "--key", "x y"))


class S3cmd(ClientTest):
    def s3cmd(self, *arguments, **options):
        host = urllib.parse.urlsplit(self.cloud.s3_url).netloc
        key, secret = self.cloud.credentials()
        # It joins names of several bytes only where it believes that the terminal is UTF-8.
        return self.run_client("s3cmd", "--config=/dev/null", "--no-ssl", f"--host={host}",
                               f"--host-bucket={host}", f"--access_key={key}",
                               f"--secret_key={secret}", "--encoding=UTF-8",
                               "--multipart-chunk-size-mb=5", *arguments, **options)

    def test_files_go_up_are_copied_and_come_back(self):
        root = f"s3://{self.bucket}/files"
        self.s3cmd("put", self.big, f"{root}/big.bin", "--add-header=x-amz-meta-a:b")
        self.assertRegex(self.s3.head_object(Bucket=self.bucket, Key="files/big.bin")["ETag"], "-4")
        target = self.folder / "s3cmd-back.bin"
        self.s3cmd("get", f"{root}/big.bin", target)
        self.assertTrue(filecmp.cmp(self.big, target, shallow=False))
        self.s3cmd("put", self.make_tree("s3cmd-file") / "one.txt", f"{root}/one.txt")
        self.s3cmd("cp", f"{root}/one.txt", f"{root}/two.txt")
        self.s3cmd("mv", f"{root}/two.txt", f"{root}/three.txt")
        self.assertIn("three.txt", self.s3cmd("ls", f"{root}/"))
        self.assertIn("MD5 sum:   f97c5d29941bfb1b2fdab0874906ab82",
                      self.s3cmd("info", f"{root}/three.txt"))
        self.s3cmd("modify", "--add-header=Cache-Control:no-store", f"{root}/three.txt")
        head = self.s3.head_object(Bucket=self.bucket, Key="files/three.txt")
        self.assertEqual(head["CacheControl"], "no-store")
        self.s3cmd("del", "--recursive", "--force", f"{root}/")
        self.assertEqual(self.keys("files/"), [])

    def test_a_folder_is_kept_in_step(self):
        tree = self.make_tree("s3cmd-tree")
        self.s3cmd("sync", f"{tree}/", f"s3://{self.bucket}/tree/")
        self.assertEqual(self.keys("tree/"), ["tree/one.txt", "tree/sub dir/zwei+ä.txt"])
        (tree / "one.txt").unlink()
        self.s3cmd("sync", "--delete-removed", f"{tree}/", f"s3://{self.bucket}/tree/")
        self.assertEqual(self.keys("tree/"), ["tree/sub dir/zwei+ä.txt"])

    def test_buckets_and_signed_urls(self):
        self.s3cmd("mb", "s3://s3cmd-made")
        self.assertIn("s3cmd-made", self.s3cmd("ls"))
        self.assertIn("Location:  us-east-1", self.s3cmd("info", "s3://s3cmd-made"))
        self.s3cmd("rb", "s3://s3cmd-made")
        self.assertNotIn("s3cmd-made", self.s3cmd("ls"))


class Rclone(ClientTest):
    def rclone(self, *arguments, **options):
        key, secret = self.cloud.credentials()
        settings = {"TYPE": "s3", "PROVIDER": "Other", "ENDPOINT": self.cloud.s3_url,
                    "ACCESS_KEY_ID": key, "SECRET_ACCESS_KEY": secret, "REGION": "us-east-1",
                    "UPLOAD_CUTOFF": "5M", "CHUNK_SIZE": "5M"}
        environment = {f"RCLONE_CONFIG_MILL_{name}": value for name, value in settings.items()}
        return self.run_client("rclone", "--config=/dev/null", *arguments, environment=environment,
                               **options)

    def test_a_folder_is_synced_checked_and_moved(self):
        tree = self.make_tree("rclone-tree")
        for number, name in enumerate(ODD_NAMES):
            path = tree / "odd" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(str(number))
        shutil.copy(self.big, tree / "big.bin")
        remote = f"mill:{self.bucket}/tree"
        self.rclone("sync", tree, remote)
        self.rclone("check", "--download", tree, remote)
        self.assertEqual(len(self.keys("tree/")), len(ODD_NAMES) + 3)
        (tree / "one.txt").unlink()
        self.rclone("sync", tree, remote)
        self.assertNotIn("tree/one.txt", self.keys("tree/"))
        back = self.folder / "rclone-back"
        self.rclone("copy", remote, back)
        self.assertTrue(filecmp.cmp(self.big, back / "big.bin", shallow=False))
        self.rclone("moveto", f"{remote}/big.bin", f"mill:{self.bucket}/moved.bin")
        self.assertEqual(self.keys("moved"), ["moved.bin"])
        self.rclone("purge", remote)
        self.assertEqual(self.keys("tree/"), [])

    def test_buckets_listings_and_links(self):
        self.rclone("mkdir", "mill:rclone-made")
        self.assertIn("rclone-made", self.rclone("lsd", "mill:"))
        self.rclone("rmdir", "mill:rclone-made")
        self.s3.put_object(Bucket=self.bucket, Key="l/a", Body=b"abc")
        self.assertEqual(self.rclone("lsf", f"mill:{self.bucket}/l"), "a\n")
        self.assertEqual(self.rclone("cat", f"mill:{self.bucket}/l/a"), "abc")
        url = self.rclone("link", f"mill:{self.bucket}/l/a").strip()
        self.assertEqual(self.cloud.fetch(url).body, b"abc")


class S3fs(ClientTest):
    """A bucket as a folder. It needs FUSE, which many a container lacks."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        key, secret = cls.cloud.credentials()
        passwords = cls.folder / "passwd-s3fs"
        passwords.write_text(f"{key}:{secret}")
        passwords.chmod(0o600)
        cls.mount = cls.folder / "mount"
        cls.mount.mkdir()
        cls.why_not = ""
        cls.process = subprocess.Popen(
            ["s3fs", cls.bucket, cls.mount, "-f", "-o", f"passwd_file={passwords}",
             "-o", f"url={cls.cloud.s3_url}", "-o", "use_path_request_style",
             "-o", "multipart_size=5,multipart_threshold=6,enable_content_md5"],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        deadline = time.monotonic() + DEADLINE_S
        while not cls.mount.is_mount():
            if cls.process.poll() is not None or time.monotonic() > deadline:
                cls.process.kill()
                cls.why_not = cls.process.communicate()[0]
                return
            time.sleep(0.05)

    @classmethod
    def tearDownClass(cls):
        if cls.mount.is_mount():
            subprocess.run(["fusermount3", "-u", cls.mount], check=False)
        cls.process.wait(timeout=DEADLINE_S)
        cls.process.stdout.close()
        super().tearDownClass()

    def setUp(self):
        if "fuse" in self.why_not.lower():
            self.skipTest(f"this machine has no FUSE to mount with: {self.why_not.strip()}")
        self.assertEqual(self.why_not, "")

    def test_files_are_written_read_renamed_and_removed(self):
        folder = self.mount / "sub dir"
        folder.mkdir()
        for number, name in enumerate(ODD_NAMES):
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(str(number))
            self.assertEqual(self.body(f"sub dir/{name}"), str(number).encode(), name)
        self.s3.put_object(Bucket=self.bucket, Key="sub dir/from outside", Body=b"x")
        self.assertIn("from outside", os.listdir(folder))
        (folder / "a b.txt").rename(folder / "moved.txt")
        self.assertEqual((folder / "moved.txt").read_text(), "0")
        self.assertNotIn("sub dir/a b.txt", self.keys("sub dir/"))
        shutil.rmtree(folder)
        self.assertEqual(self.keys("sub dir"), [])

    def test_a_big_file_goes_up_in_parts_and_comes_back(self):
        shutil.copyfile(self.big, self.mount / "big.bin")
        head = self.s3.head_object(Bucket=self.bucket, Key="big.bin")
        self.assertRegex(head["ETag"], "-3")
        self.assertIn("mtime", head["Metadata"])
        (self.mount / "big.bin").chmod(0o640)  # Which is a copy onto itself, in a part.
        head = self.s3.head_object(Bucket=self.bucket, Key="big.bin")
        self.assertEqual(int(head["Metadata"]["mode"]) & 0o777, 0o640)
        self.assertTrue(filecmp.cmp(self.big, self.mount / "big.bin", shallow=False))
        with open(self.mount / "big.bin", "rb") as file:
            file.seek(BIG_BYTES - 5)
            self.assertEqual(file.read(), big_content()[-5:])


class AddedKeys(ClientTest):
    def keys_command(self, *arguments, status=0):
        return self.run_client(BIN / "imagemill", "keys", *arguments, "--data", self.cloud.data,
                               status=status)

    def test_a_key_is_good_while_it_is_there_and_for_what_it_was_given(self):
        from botocore.exceptions import ClientError
        self.s3.put_object(Bucket=self.bucket, Key="in/a", Body=b"x")
        said = self.keys_command("add", "app", "--grant", f"read={self.bucket}/in/",
                                 "--grant", f"s3:PutObject={self.bucket}/out/")
        self.assertTrue(said.startswith("[app]\n"))
        credentials = self.folder / "app-credentials"
        credentials.write_text(said)

        def as_app(*arguments, status=0):
            return self.run_client(
                AWS, "--endpoint-url", self.cloud.s3_url, "--region", "us-east-1", "--profile",
                "app", *arguments, environment={"AWS_SHARED_CREDENTIALS_FILE": str(credentials)},
                status=status)

        self.assertEqual(as_app("s3", "cp", f"s3://{self.bucket}/in/a", "-"), "x")
        as_app("s3", "cp", credentials, f"s3://{self.bucket}/out/b")
        as_app("s3", "cp", credentials, f"s3://{self.bucket}/in/b", status=1)
        as_app("s3", "rb", f"s3://{self.bucket}", status=1)
        listed = self.keys_command("list")
        self.assertIn("app", listed)
        self.assertNotIn(said.split("=")[2].strip(), listed)
        self.keys_command("remove", "app")
        as_app("s3", "cp", f"s3://{self.bucket}/in/a", "-", status=1)
        self.keys_command("remove", "app", status=1)
        self.keys_command("add", "bad", "--grant", "eat=photos", status=1)
        self.assertNotIn(said.split("=")[2].strip(), self.cloud.stderr_text())
        with self.assertRaises(ClientError):
            self.s3.head_object(Bucket=self.bucket, Key="in/b")


del ClientTest  # Its subclasses are the tests.

if __name__ == "__main__":
    main()
