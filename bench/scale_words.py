"""The words of docs/scale.md; scale_document.py puts the figures in."""

HEAD = """# On AWS: how long, how much, and what breaks first

Written by `bench/scale` (do not edit: the words are in
[bench/scale_words.py](../bench/scale_words.py)). A model, not a measurement: nobody has run
this at ten thousand uploads a second. Every event of every upload is played through the limits
that AWS documents, with the processor time that [performance.md](performance.md) measured, and
with what AWS does not say assumed in the open, [below](#what-goes-in). To write it again after a
measurement:

    bench/scale

Three processors are compared behind the same gateway, upload function and buckets: imagemill's, a
function of Node with sharp, and the Python function with Pillow that this architecture is usually
shown with. The upload function is imagemill's for all three.
"""

LATENCY = """## From upload to ready

From a standing start: nothing is warm when the first upload comes. “Warm” leaves out the
beginning ({warm}). “Processor” is the part from the event's arrival to the result, warm; the rest
is mostly S3's notification, which AWS says comes “in seconds”. Seconds; at 10,000 a second with
the account's limits raised, as [below](#what-breaks-first).
"""

PAUSE = """After ten quiet minutes nothing is warm, neither the upload function nor the processor.
Such an upload is ready after {pauses} (p50 / p99).
"""

BURST = """![10,000 uploads a second begin](scale-burst.svg)

Lambda gives a function 1,000 environments at once and 100 more each second. What finds none waits
in Lambda's own queue and is tried again after one second, two, four and so on, so the first
seconds of a burst take long whatever the program. How long is a matter of how many pictures an
environment does a second: {paces}. That is little beside what the processor time would allow,
because an environment stands still while it waits for S3 ([below](#what-goes-in)).
"""

DOLLARS = """## What a million images cost

AWS's public prices of us-east-1, {checked}; please check them. At 100 uploads a second,
{megabytes:.1f} MB each, processors of {memory} MB. Free tiers are left out.

![What a million images cost](scale-dollars.svg)
"""

WHY = """What imagemill's processor does beyond the other two is what costs more here. It asks S3
{calls} times for each picture, where the others ask {others} times: it reads and writes the
manifest, and looks at the source again when all is written, so that effects happen once, nothing
old is left and a state can be asked for ([guarantees.md](guarantees.md)). These are
{requests:.2f} dollars of requests a million beyond the cheapest, and {waiting:.0f} ms of waiting
instead of {waiting_least:.0f}. The engine gives a part of it back: {cpu} ms of a processor a
picture, where the others take {cpu_others}.
"""

NOT_IN_IT = """Not in it: keeping the pictures ({storage:.0f} dollars a month for each million
originals, S3 Standard), sending them to the internet ($0.09 a GB), X-Ray (the template's
`Tracing`: $5 a million traces, of which Lambda takes the first each second and one in twenty of
the others; `Tracing=PassThrough` is none), and those who ask `GET /image` (each a request of the
gateway, one of Lambda and two of S3: about {asking:.2f} dollars a million times).
"""

MEMORY = """### Memory is what one pays for

Lambda bills memory for as long as a function runs, and most of that time the processor waits for
S3, at full price. Less memory makes the picture take longer (the core's share goes with it) and
the waiting cheaper. Dollars of a million images, all parts, arm64, and the processor's p50 in
milliseconds; the memory that each needs for the largest photograph is in
[performance.md](performance.md#memory).
"""

BREAKS = """## What breaks first

Uploads a second that each bound lets through, in an account as AWS gives it out, with all keys
under one prefix:
"""

ADVICE = """
- **At 1 upload a second** nothing does. What one notices is the first picture after a pause, and
  S3's notification. New accounts may have a concurrency of 10 instead of 1,000: that is {ten:.0f}
  uploads a second; ask for more before the first guests come.
- **At 100 a second** nothing does either; some {most_100} environments run at the same time. The
  stack's own throttle (`ThrottlingRateLimit` 500 a second in
  [deploy/template.yaml](../deploy/template.yaml)) is what comes next, and it counts status
  requests, too. A burst from nothing fits into the 1,000 environments that Lambda gives at once.
- **At 10,000 a second** everything does, in this order: the stack's throttle (500), {order}. Ask
  AWS to raise the concurrency to 20,000 and the gateway's rate to 20,000 ({most_10000}
  environments run at the same time here), set the throttle, and let uploads go straight to S3 by
  the pre-signed form (`POST /upload` with JSON and no `data`), as pictures over 4 MB do anyway:
  the gateway then sees a few hundred bytes and the upload function puts nothing.
- **Keys.** S3 counts by prefix and splits a busy one by itself, but takes its time, half an hour
  and more, and says 503 meanwhile. imagemill tries again with longer and longer pauses and the
  environment is paid while it waits. Spread keys over folders from the beginning: `a/…`, `b/…`
  (the table at 10,000 a second has eight). The random suffix that `IMAGEMILL_NAMES=random` adds
  comes at the end of the name and spreads nothing; manifests lie under `manifests/<key>` and
  follow the key's folder, after AWS has split that far.
- **A flood nobody wanted** costs money before it breaks anything. `ProcessorConcurrency` bounds
  what strangers can spend; what is over it waits up to six hours in Lambda's queue and is then
  told as failed.
- **The longest wait is S3's notification**, with every program. Where a second matters, the
  caller can render in place with the same engine (`imagemill process`, or [one
  machine](operations.md)).
"""

INPUTS = """## What goes in

Measured, from [performance.md](performance.md); seconds of a processor of the machine there,
taken as Lambda's vCPU ({core} MB of memory is one; arm64 as x86_64). Each picture draws one of
the {photographs} photographs; the Python function and the Node one are given the same
{beside:.1f} ms beside the engine as imagemill's processor was measured to need (HTTP, signing,
digests, logs), though their AWS clients take more.
"""

ASSUMED = """AWS's documents: 1,000 environments at once and 1,000 more every 10 seconds of each
function; a concurrency of 1,000 an account; 3,500 puts and 5,500 gets a second and prefix; the
gateway's 10,000 requests a second with a burst of 5,000, metered by {increment} kB; throttled
events tried again after 1 second, doubling up to 5 minutes; medians of small S3 requests “in the
tens of milliseconds”; billing by the millisecond, a custom runtime's start included.

Assumed, for all three alike:

| what | p50 | p99 |
|---|---:|---:|
| a request to S3, from a function | {s3_median:.0f} ms | {s3_p99:.0f} ms |
| S3's notification, from the put to Lambda's queue | {notice_median:.1f} s | {notice_p99:.0f} s |
| the gateway | {gateway_median:.0f} ms | {gateway_p99:.0f} ms |
| a new environment, until its program starts | {placement:.0f} ms | |
| an idle environment is kept | {idle:.0f} s | |
| log lines of an invocation | {log:.1f} kB | |

Left out: S3 splitting a busy prefix, and failures that need a second attempt (a function that
fails is tried again after one minute, then after two).
"""

BOUNDS = {"gateway": "the gateway's requests", "concurrency": "the account's concurrency of 1,000",
          "put the source": "S3: puts to the source",
          "put the results": "S3: puts of results", "put the manifests": "S3: puts of manifests",
          "get the source": "S3: gets and heads of the source",
          "get the manifests": "S3: gets of manifests"}
