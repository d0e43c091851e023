"""Two hundred photographs by sixteen clients; and the same with the server killed in the middle.
Nothing acknowledged is lost, nothing is done twice in the end."""

import threading
import time
import unittest

from cloud import DESTINATION, DEADLINE_S, SOURCE, Cloud, main, photos, run_all

COUNT = 200
CLIENTS = 16


class Crash(unittest.TestCase):
    def picture(self, i):
        # Different bytes for each, without an imaging library: a comment after the JPEG's start.
        small = [photo for photo in photos() if photo.stat().st_size < 300_000]
        photo = small[i % len(small)].read_bytes()
        note = f"picture {i}".encode()
        return photo[:2] + b"\xff\xfe" + (len(note) + 2).to_bytes(2, "big") + note + photo[2:]

    def assert_all_ready(self, cloud, names):
        for name in names:
            answer = cloud.wait(name)
            self.assertEqual(answer.status, 200, f"{name}: {answer.body}")
        keys = cloud.keys(DESTINATION)
        self.assertEqual(len(keys), 2 * len(names), "a rendition and a manifest each")
        for name in names:
            self.assertIn("resized-" + name, keys)
        self.assertEqual(cloud.keys(SOURCE), sorted(names))

    def test_two_hundred_at_once(self):
        with Cloud() as cloud:
            names = [f"photo-{i}.jpg" for i in range(COUNT)]

            def send(i):
                answer = cloud.upload(names[i], self.picture(i))
                self.assertEqual(answer.status, 201, answer.body)

            run_all([lambda i=i: send(i) for i in range(COUNT)], CLIENTS)
            self.assert_all_ready(cloud, names)
            health = cloud.request("GET", "/health").json()
            self.assertEqual(health["queue"]["dead"], 0)

    def test_killed_in_the_middle(self):
        with Cloud() as cloud:
            acknowledged, lock = [], threading.Lock()

            def send(i):
                # Clients that meet a dead server try again, as clients do.
                deadline = time.monotonic() + DEADLINE_S
                while time.monotonic() < deadline:
                    try:
                        answer = cloud.upload(f"photo-{i}.jpg", self.picture(i))
                    except OSError:
                        time.sleep(0.05)
                        continue
                    except Exception as error:  # An answer cut in the middle.
                        if type(error).__module__ != "http.client":
                            raise
                        time.sleep(0.05)
                        continue
                    self.assertEqual(answer.status, 201, answer.body)
                    with lock:
                        acknowledged.append(answer.json()["images"][0]["filename"])
                    return
                self.fail(f"photo-{i} found no server")

            senders = threading.Thread(
                target=run_all, args=([lambda i=i: send(i) for i in range(COUNT)], CLIENTS))
            senders.start()
            for round in range(3):
                target = (round + 1) * COUNT // 5
                while len(acknowledged) < target and senders.is_alive():
                    time.sleep(0.01)
                cloud.kill()
                cloud.start()
            senders.join()
            self.assertEqual(len(acknowledged), COUNT)
            self.assert_all_ready(cloud, acknowledged)


if __name__ == "__main__":
    main()
