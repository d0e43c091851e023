"""The path of an upload on AWS, event by event: gateway, upload function, source bucket,
notification, Lambda's event queue, processor, destination bucket. What AWS does is taken from its
documents, or assumed where they say nothing; what the functions take was measured
(scale_inputs.py).

Times are in seconds. One seed gives one run: nothing here depends on the machine."""

import collections
import dataclasses
import functools
import heapq
import math
import random

CORE_MB = 1769  # Lambda: one vCPU at this memory, and in proportion below it.


@dataclasses.dataclass(frozen=True)
class Delay:
    """Lognormal, by two of its quantiles."""

    median: float
    p99: float

    @functools.cached_property
    def sigma(self):
        return math.log(self.p99 / self.median) / 2.3263

    def draw(self, chance):
        return self.median * math.exp(self.sigma * chance.gauss(0, 1))

    def mean(self):
        return self.median * math.exp(self.sigma * self.sigma / 2)


@dataclasses.dataclass(frozen=True)
class Cloud:
    gateway: Delay = Delay(0.010, 0.040)
    s3: Delay = Delay(0.030, 0.200)        # AWS: medians of small requests in the tens of ms.
    notice: Delay = Delay(0.5, 3.0)        # AWS: "in seconds", sometimes a minute or longer.
    placement: float = 0.100               # Of a new environment, until its program starts.
    gateway_rate: float = 10_000
    gateway_burst: float = 5_000
    concurrency_max: int = 1_000           # Of all functions of an account.
    environments_burst: float = 1_000      # Of one function: so many at once…
    environments_rate: float = 100         # … and 1,000 more every 10 s.
    idle: float = 300                      # An environment that waits longer is gone.
    puts: int = 3_500                      # A second and prefix.
    gets: int = 5_500
    prefixes: int = 1                      # That keys are spread over.
    slow_down: float = 0.1                 # First pause after S3's 503; each next is twice as long.
    queue_retry: float = 1                 # The same of a throttled event, up to 5 minutes.
    queue_retry_max: float = 300
    client_retry: float = 1                # And of a client that was refused.

    def part(self, share):
        """A cloud with this share of each limit: that part of the uploads fares in it as all do in
        the whole one, and is played in so much less time."""
        return dataclasses.replace(self, **{name: getattr(self, name) * share for name in LIMITS})


LIMITS = ("gateway_rate", "gateway_burst", "concurrency_max", "environments_burst",
          "environments_rate", "puts", "gets")


@dataclasses.dataclass(frozen=True)
class Function:
    """`calls` are S3 requests one after the other, those before and those after the processor's own
    work; `trailing` ones come when the picture is ready already, and are paid all the same."""

    memory_mb: int
    cpu: tuple              # Of one core, one value a photograph: drawn evenly.
    start_cpu: float        # Of a new environment, beside its first picture.
    before: tuple = ()
    after: tuple = ()
    trailing: tuple = ()

    @property
    def share(self):
        return min(1, self.memory_mb / CORE_MB)

    def requests(self):
        return self.before + self.after + self.trailing


class Bucket:
    """Tokens: so many at once, so many a second."""

    def __init__(self, burst, rate):
        self.burst, self.rate = burst, rate
        self.left, self.at = burst, 0.0

    def take(self, now):
        self.left = min(self.burst, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < 1:
            return False
        self.left -= 1
        return True


class Fleet:
    """The environments of one function."""

    def __init__(self, run, function):
        self.run, self.function = run, function
        self.idle = collections.deque()  # Since when, oldest first.
        self.tokens = Bucket(run.cloud.environments_burst, run.cloud.environments_rate)
        self.busy = self.colds = self.throttles = self.invocations = 0
        self.billed = self.area = self.changed = 0.0
        self.most = 0

    def begin(self, now):
        """The delay of a new environment's start, 0 of one that was there, or None: throttled."""
        while self.idle and now - self.idle[0] > self.run.cloud.idle:
            self.idle.popleft()
        if self.run.busy() < self.run.cloud.concurrency_max:
            if self.idle:
                self.idle.pop()
                self.change(now, 1)
                return 0.0
            if self.tokens.take(now):
                self.colds += 1
                self.change(now, 1)
                return self.function.start_cpu / self.function.share
        self.throttles += 1
        return None

    def end(self, now, billed):
        self.change(now, -1)
        self.idle.append(now)
        self.invocations += 1
        self.billed += math.ceil(billed * 1000) / 1000

    def change(self, now, by):
        self.area += self.busy * (now - self.changed)
        self.changed = now
        self.busy += by
        self.most = max(self.most, self.busy)


class Run:
    """`rate` uploads a second for `length` seconds, from a standing start."""

    def __init__(self, cloud, upload, processor, rate, length, seed=1):
        self.cloud, self.rate, self.length = cloud, rate, length
        self.chance = random.Random(f"{seed} {rate}")
        self.upload, self.processor = Fleet(self, upload), Fleet(self, processor)
        self.gate = Bucket(cloud.gateway_burst, cloud.gateway_rate)
        self.slots = collections.Counter()  # S3 requests by kind, place, prefix and second.
        self.requests = collections.Counter()
        self.slow_downs = self.refused = self.arrived = 0
        self.events, self.order = [], 0
        self.done = []  # (arrival, upload to ready, of it in the processor) of each picture.
        self.go()

    def busy(self):
        return self.upload.busy + self.processor.busy

    def at(self, when, what, *arguments):
        self.order += 1
        heapq.heappush(self.events, (when, self.order, what, arguments))

    def go(self):
        self.at(self.chance.expovariate(self.rate), self.arrive)
        while self.events:
            when, _, what, arguments = heapq.heappop(self.events)
            what(when, *arguments)

    def arrive(self, now):
        self.arrived += 1
        self.send(now, now, self.arrived % self.cloud.prefixes, 0)
        following = now + self.chance.expovariate(self.rate)
        if following < self.length:
            self.at(following, self.arrive)

    def send(self, now, arrival, prefix, attempt):
        if self.gate.take(now):
            self.at(now + self.cloud.gateway.draw(self.chance), self.enter, arrival, prefix,
                    attempt)
        else:
            self.refuse(now, arrival, prefix, attempt)

    def enter(self, now, arrival, prefix, attempt):
        start = self.upload.begin(now)
        if start is None:
            self.refuse(now, arrival, prefix, attempt)
            return
        begun, end, _ = self.invoke(now, self.upload.function, start, prefix)
        self.at(end, self.uploaded, arrival, prefix, end - begun)

    def refuse(self, now, arrival, prefix, attempt):
        self.refused += 1
        self.at(now + self.pause(self.cloud.client_retry, attempt, 60), self.send, arrival, prefix,
                attempt + 1)

    def uploaded(self, now, arrival, prefix, billed):
        self.upload.end(now, billed)
        self.at(now + self.cloud.notice.draw(self.chance), self.offer, arrival, prefix, 0)

    def offer(self, now, arrival, prefix, attempt):
        start = self.processor.begin(now)
        if start is None:
            self.at(now + self.pause(self.cloud.queue_retry, attempt, self.cloud.queue_retry_max),
                    self.offer, arrival, prefix, attempt + 1)
            return
        begun, end, ready = self.invoke(now, self.processor.function, start, prefix)
        self.done.append((arrival, ready - arrival, ready - now))
        self.at(end, self.processor.end, end - begun)

    def invoke(self, now, function, start, prefix):
        """When its bill begins, when it ends, and when its answer is there."""
        begun = now + (self.cloud.placement if start > 0 else 0)
        ready = begun + start
        for call in function.before:
            ready = self.s3(ready, call, prefix)
        ready += self.chance.choice(function.cpu) / function.share
        for call in function.after:
            ready = self.s3(ready, call, prefix)
        end = ready
        for call in function.trailing:
            end = self.s3(end, call, prefix)
        return begun, end, ready

    def s3(self, now, call, prefix):
        """When S3 has answered; each answer that says "slow down" is a request, too."""
        kind, place = call
        limit = self.cloud.puts if kind == "put" else self.cloud.gets
        attempt = 0
        while True:
            slot = (kind, place, prefix, int(now))
            self.slots[slot] += 1
            self.requests[kind] += 1
            answered = now + self.cloud.s3.draw(self.chance)
            if self.slots[slot] <= limit:
                return answered
            self.slow_downs += 1
            now = answered + self.pause(self.cloud.slow_down, attempt, 20)
            attempt += 1

    def pause(self, first, attempt, longest):
        return min(longest, first * 2 ** min(attempt, 20)) * self.chance.uniform(0.5, 1)


def quantile(values, share):
    """Of a sorted list."""
    return values[min(len(values) - 1, int(share * len(values)))]


def ceilings(cloud, upload, processor):
    """{bound: uploads a second}: what each of AWS's limits lets through."""
    def held(function):
        waits = len(function.requests()) * cloud.s3.mean()
        return waits + sum(function.cpu) / len(function.cpu) / function.share

    found = {"gateway": cloud.gateway_rate,
             "concurrency": cloud.concurrency_max / (held(upload) + held(processor))}
    for kind, limit in (("put", cloud.puts), ("get", cloud.gets)):
        calls = collections.Counter(call for function in (upload, processor)
                                    for call in function.requests() if call[0] == kind)
        for (_, place), count in calls.items():
            found[f"{kind} {place}"] = cloud.prefixes * limit / count
    return found
