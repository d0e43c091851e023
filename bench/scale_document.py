"""docs/scale.md: the words of scale_words.py with the figures of the model."""

import dataclasses

import scale_inputs
import scale_words
from prose import prose, table
from scale_model import CORE_MB, Cloud
from scale_prices import CHECKED, HTTP_API_BYTES, LOG_BYTES


def span(pair):
    return f"{pair[0]:.2f} / {pair[1]:.2f}"


class Page:
    def __init__(self, measured, results, limits, memories, pauses):
        self.measured, self.limits, self.memories, self.pauses = measured, limits, memories, pauses
        self.results = {dataclasses.astuple(case): result for case, result in results.items()}
        self.programs = list(scale_inputs.PROGRAMS)
        self.memory = memories[0]

    def result(self, program, rate, memory_mb=None):
        return self.results[program, rate, memory_mb or self.memory]

    def latencies(self):
        rows = [[f"{rate:,} a second, {program}"] +
                [span(self.result(program, rate)[field])
                 for field in ("all", "warm", "processor")] +
                [f"{self.result(program, rate)['most']:,}"]
                for rate in (1, 100, 10_000) for program in self.programs]
        return table(["uploads", "from a standing start, p50 / p99", "warm, p50 / p99",
                      "processor, p50 / p99", "environments at work, at most"], rows)

    def pause(self):
        times = [f"{span(self.result(program, 1 / self.pauses)['all'])} s ({program})"
                 for program in self.programs]
        return scale_words.PAUSE.format(pauses=", ".join(times))

    def calls(self, program):
        _, _, before, after, trailing = scale_inputs.PROGRAMS[program]
        return len(before) + len(after) + len(trailing)

    def cpu(self, program):
        times = self.measured.engine_cpu[program]
        return sum(times) / len(times) + self.measured.beside_cpu

    def waiting(self, program):
        return self.calls(program) * Cloud().s3.mean()

    def burst(self):
        paces = [f"{1 / (self.cpu(program) + self.waiting(program)):.1f} ({program})"
                 for program in self.programs]
        return scale_words.BURST.format(paces=", ".join(paces))

    def why(self):
        ours, *others = self.programs
        requests = [self.result(program, 100)["dollars"]["arm64"]["S3 requests"]
                    for program in self.programs]
        return scale_words.WHY.format(
            calls=self.calls(ours), others=" and ".join(str(self.calls(other)) for other in others),
            requests=requests[0] - min(requests), waiting=self.waiting(ours) * 1000,
            waiting_least=min(map(self.waiting, others)) * 1000, cpu=f"{self.cpu(ours) * 1000:.0f}",
            cpu_others=" and ".join(f"{self.cpu(other) * 1000:.0f}" for other in others))

    def dollars(self):
        parts = list(self.result(self.programs[0], 100)["dollars"]["arm64"])
        rows = [[part] + [f"{self.result(program, 100)['dollars']['arm64'][part]:.2f}"
                          for program in self.programs] for part in parts]
        for architecture in ("arm64", "x86_64"):
            for rate in (1, 100, 10_000):
                rows.append([f"**all, {architecture}, {rate:,} a second**"] +
                            [f"**{self.total(program, rate, architecture):.2f}**"
                             for program in self.programs])
        return table(["dollars a million"] + self.programs, rows)

    def total(self, program, rate, architecture="arm64", memory_mb=None):
        return sum(self.result(program, rate, memory_mb)["dollars"][architecture].values())

    def memory_table(self):
        rows = [[f"{memory:,} MB"] +
                [f"{self.total(program, 100, memory_mb=memory):.2f}; "
                 f"{self.result(program, 100, memory)['processor'][0] * 1000:.0f} ms"
                 for program in self.programs] for memory in self.memories]
        return table(["processor"] + self.programs, rows)

    def bounds(self):
        rows = []
        for bound, words in scale_words.BOUNDS.items():
            cells = [self.limits[program].get(bound) for program in self.programs]
            rows.append([words] + [f"{cell:,.0f}" if cell else "–" for cell in cells])
        return table(["bound"] + self.programs, rows)

    def measured_table(self):
        rows = [[program, f"{self.cpu(program) * 1000:.0f}",
                 f"{self.measured.start_cpu[program] * 1000:.0f}", str(self.calls(program)),
                 f"{self.waiting(program) * 1000:.0f}"] for program in self.programs]
        return table(["processor", "CPU a picture, ms, mean", "CPU of a start, ms",
                      "requests to S3", "waiting for them, ms, mean"], rows)

    def assumed(self):
        cloud = Cloud()
        return scale_words.ASSUMED.format(
            increment=HTTP_API_BYTES // 1024, s3_median=cloud.s3.median * 1000,
            s3_p99=cloud.s3.p99 * 1000, notice_median=cloud.notice.median,
            notice_p99=cloud.notice.p99, gateway_median=cloud.gateway.median * 1000,
            gateway_p99=cloud.gateway.p99 * 1000, placement=cloud.placement * 1000,
            idle=cloud.idle, log=LOG_BYTES / 1000)

    def advice(self):
        ours = self.programs[0]
        order = sorted((uploads, scale_words.BOUNDS[bound])
                       for bound, uploads in self.limits[ours].items() if uploads <= 10_000)
        return scale_words.ADVICE.format(
            order=", ".join(f"{words} ({uploads:,.0f})" for uploads, words in order),
            ten=self.limits[ours]["concurrency"] / 100, most_100=self.result(ours, 100)["most"],
            most_10000=f"{self.result(ours, 10_000)['most']:,}")

    def extras(self):
        gigabytes = self.measured.picture_bytes / 1e9 * 1e6
        return scale_words.NOT_IN_IT.format(storage=gigabytes * 0.023, asking=1.00 + 0.20 + 2 * 0.40)

    def write(self):
        measured = self.measured
        head = scale_words.DOLLARS.format(checked=CHECKED, megabytes=measured.picture_bytes / 1e6,
                              memory=self.memory)
        inputs = scale_words.INPUTS.format(
            core=CORE_MB, photographs=len(measured.engine_cpu["imagemill"]),
            beside=measured.beside_cpu * 1000)
        latency = scale_words.LATENCY.format(
            warm="ten minutes of an hour, one of five, 45 seconds of a minute")
        upload = (f"The upload function takes {measured.upload_cpu * 1000:.1f} ms of a processor, "
                  f"{scale_inputs.UPLOAD_MB} MB, and one put.")
        blocks = [prose(scale_words.HEAD), prose(latency), self.latencies(), prose(self.pause()),
                  prose(self.burst()), prose(head), self.dollars(), prose(self.why()),
                  prose(self.extras()), prose(scale_words.MEMORY), self.memory_table(),
                  prose(scale_words.BREAKS), self.bounds(), prose(self.advice()), prose(inputs),
                  self.measured_table(), prose(upload), prose(self.assumed())]
        return "\n\n".join(blocks) + "\n"


def write(measured, results, limits, memories, pauses):
    return Page(measured, results, limits, memories, pauses).write()
