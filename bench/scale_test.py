"""The model of AWS's path agrees with what can be worked out by hand, loses nothing, and reads the
page that the benches wrote."""

import dataclasses
import pathlib
import unittest

import scale_inputs
import scale_prices
import svg_plot
from scale_model import Cloud, Delay, Fleet, Function, Run, ceilings, quantile

ROOT = pathlib.Path(__file__).resolve().parent.parent
SURE = Delay(0.1, 0.1)  # Always a tenth of a second.
CLOUD = Cloud(gateway=SURE, s3=SURE, notice=SURE)
UPLOAD = Function(memory_mb=1769, cpu=(0.2,), start_cpu=0.05, after=(("put", "the source"),))
PROCESSOR = Function(memory_mb=1769, cpu=(0.1, 0.3), start_cpu=0.4,
                     before=(("get", "the source"),), after=(("put", "the results"),))


def run(cloud=CLOUD, rate=20, length=100, processor=PROCESSOR, **more):
    return Run(cloud, UPLOAD, processor, rate, length, **more)


class Model(unittest.TestCase):
    def test_nothing_is_lost_and_nothing_is_left(self):
        played = run(dataclasses.replace(CLOUD, concurrency_max=12, gateway_rate=18,
                                         gateway_burst=5))
        self.assertGreater(played.refused + played.processor.throttles, 100)
        self.assertEqual(len(played.done), played.arrived)
        self.assertEqual(played.busy(), 0)
        self.assertEqual(played.processor.invocations, played.arrived)
        self.assertEqual(played.requests, {"put": 2 * played.arrived, "get": played.arrived})

    def test_a_seed_is_a_run(self):
        self.assertEqual(run().done, run().done)
        self.assertNotEqual(run().done, run(seed=2).done)

    def test_an_upload_takes_the_sum_of_its_parts(self):
        played = run(rate=0.001, length=150_000)
        parts = 0.1 + (0.1 + 0.05 + 0.2 + 0.1) + 0.1  # Gateway, upload function, notification.
        cold = 0.1 + 0.4 + 0.1 + 0.1  # Placement, start, get, put.
        self.assertGreater(len(played.done), 100)
        expected = {round(parts + cold + work, 6) for work in PROCESSOR.cpu}
        cold_ones = [round(took, 6) for _, took, _ in played.done if took > parts + cold]
        self.assertEqual(set(cold_ones), expected)

    def test_a_part_fares_as_the_whole_does(self):
        whole = dataclasses.replace(CLOUD, environments_burst=40, environments_rate=4)
        all_of_it, half = run(whole, rate=100, length=40), run(whole.part(0.5), rate=50, length=40)
        medians = [quantile(sorted(took for _, took, _ in played.done), 0.5)
                   for played in (all_of_it, half)]
        self.assertGreater(half.processor.throttles, 100)
        self.assertAlmostEqual(medians[0] / medians[1], 1, delta=0.25)

    def test_by_littles_law(self):
        played = run(rate=50, length=200)
        stayed = sum(inside for _, _, inside in played.done)
        self.assertAlmostEqual(played.processor.area, stayed, places=3)
        mean = played.processor.area / 200
        warm = 50 * (0.1 + 0.2 + 0.1)
        self.assertAlmostEqual(mean / warm, 1, delta=0.1)

    def test_a_warm_environment_is_used_before_a_new_one(self):
        played = run()
        self.assertEqual(played.processor.colds, played.processor.most)
        self.assertLess(played.processor.colds, played.arrived / 10)

    def test_environments_come_as_fast_as_lambda_gives_them(self):
        slow = dataclasses.replace(CLOUD, environments_burst=5, environments_rate=1)
        fleet = Fleet(run(slow, rate=1, length=2), PROCESSOR)
        begun = [fleet.begin(now) for now in (1000.0,) * 8 + (1001.5,)]
        self.assertEqual(begun, [0.4] * 5 + [None] * 3 + [0.4])

    def test_an_idle_environment_is_gone_after_its_time(self):
        fleet = Fleet(run(rate=1, length=2), PROCESSOR)
        fleet.begin(1000)
        fleet.end(1001, 1)
        self.assertEqual(fleet.begin(1001 + CLOUD.idle - 1), 0)
        fleet.end(1400, 1)
        self.assertEqual(fleet.begin(1400 + CLOUD.idle + 1), 0.4)

    def test_concurrency_stays_within_the_accounts(self):
        played = run(dataclasses.replace(CLOUD, concurrency_max=10))
        self.assertLessEqual(max(played.upload.most, played.processor.most), 10)
        self.assertEqual(len(played.done), played.arrived)

    def test_s3_takes_so_many_a_second_and_prefix(self):
        narrow = dataclasses.replace(CLOUD, puts=15)
        played = run(narrow, rate=20, length=30)
        within = [count for (kind, *_), count in played.slots.items() if kind == "put"]
        self.assertGreater(played.slow_downs, 0)
        self.assertGreater(max(within), 15)  # Those over it were told to slow down.
        self.assertEqual(played.requests["put"], 2 * played.arrived + played.slow_downs)
        self.assertEqual(run(dataclasses.replace(narrow, prefixes=8), length=30).slow_downs, 0)

    def test_less_memory_takes_longer(self):
        half = dataclasses.replace(PROCESSOR, memory_mb=1769 // 2)
        self.assertAlmostEqual(half.share, 0.5, places=3)
        self.assertEqual(dataclasses.replace(PROCESSOR, memory_mb=4000).share, 1)
        self.assertGreater(run(processor=half).done[-1][2], run().done[-1][2])

    def test_the_ceilings_are_divisions(self):
        found = ceilings(CLOUD, UPLOAD, PROCESSOR)
        self.assertAlmostEqual(found["concurrency"], 1000 / (0.3 + 0.4))
        self.assertEqual(found["put the source"], 3500)
        self.assertEqual(found["get the source"], 5500)

    def test_a_delay_has_the_quantiles_it_was_given(self):
        delay, chance = Delay(0.03, 0.2), run().chance
        drawn = sorted(delay.draw(chance) for _ in range(20_000))
        self.assertAlmostEqual(quantile(drawn, 0.5) / 0.03, 1, delta=0.05)
        self.assertAlmostEqual(quantile(drawn, 0.99) / 0.2, 1, delta=0.1)
        self.assertAlmostEqual(sum(drawn) / len(drawn) / delay.mean(), 1, delta=0.05)


class Prices(unittest.TestCase):
    def test_a_million_by_hand(self):
        always = dataclasses.replace(PROCESSOR, cpu=(0.3,), start_cpu=0)
        upload = dataclasses.replace(UPLOAD, start_cpu=0)
        played = Run(dataclasses.replace(CLOUD, placement=0), upload, always, 1, 200)
        parts = scale_prices.per_million(played, 1, 1_200_000, "arm64")
        gigabyte_second = 0.0000133334
        self.assertAlmostEqual(parts["gateway"], 3 * 1.00, places=6)  # 3 × 512 kB
        self.assertAlmostEqual(parts["S3 requests"], 2 * 5.00 + 0.40, places=6)
        self.assertAlmostEqual(parts["logs"], 2 * 1.5 * 0.50, places=6)
        self.assertAlmostEqual(parts["processor"],
                               0.20 + 1e6 * 1769 / 1024 * 0.5 * gigabyte_second, delta=0.03)
        self.assertAlmostEqual(parts["upload function"],
                               0.20 + 1e6 * 1769 / 1024 * 0.3 * gigabyte_second, delta=0.03)

    def test_much_is_cheaper_beyond_each_step(self):
        tiers = ((10, 2.0), (20, 1.0), (float("inf"), 0.5))
        self.assertEqual([scale_prices.tiered(n, tiers) for n in (0, 10, 15, 30)],
                         [0, 20, 25, 35])


class Page(unittest.TestCase):
    measured = scale_inputs.read((ROOT / "docs/performance.md").read_text())

    def test_the_measured_times_are_read(self):
        self.assertEqual(set(self.measured.engine_cpu), set(scale_inputs.PROGRAMS))
        for program, times in self.measured.engine_cpu.items():
            self.assertGreater(len(times), 20)
            self.assertTrue(all(0.001 < time < 5 for time in times))
            self.assertGreater(self.measured.start_cpu[program], 0)
        self.assertTrue(0.0001 < self.measured.upload_cpu < 1)
        self.assertTrue(1e5 < self.measured.picture_bytes < 1e7)

    def test_a_page_without_a_table_is_told_by_name(self):
        with self.assertRaisesRegex(scale_inputs.Missing, '"JPEG to JPEG": bench/run'):
            scale_inputs.read("# How fast\n")

    def test_the_committed_page_shows_what_was_measured(self):
        page = (ROOT / "docs/scale.md").read_text()
        for heading in ("From upload to ready", "What a million images cost", "What breaks first",
                        "What goes in"):
            self.assertIn(f"## {heading}\n", page)
        for plot in ("scale-burst.svg", "scale-dollars.svg"):
            self.assertIn(f"({plot})", page)
            self.assertIn("prefers-color-scheme: dark", (ROOT / "docs" / plot).read_text())

    def test_plots_hold_what_they_are_given(self):
        lines = svg_plot.lines("T", "x", "y", {"a<b": [(0, 1), (50, 80)], "c": [(0, 2), (50, 81)]})
        self.assertIn("a&lt;b", lines)
        self.assertEqual(svg_plot.spread([10, 12, 60], 17), [10, 27, 60])
        self.assertEqual(svg_plot.decades(1.2, 80), [1, 2, 5, 10, 20, 50, 100])
        bars = svg_plot.bars("T", "$", {"one": {"p": 1, "q": 2}, "two": {"p": 3, "q": 3}})
        self.assertIn("$6.00", bars)


if __name__ == "__main__":
    unittest.main()
