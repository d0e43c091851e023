"""What a run costs: AWS's public prices of us-east-1, in dollars, as of October 2026. They are
AWS's to change: check https://aws.amazon.com/lambda/pricing, /s3/pricing, /api-gateway/pricing and
/cloudwatch/pricing. Free tiers and savings plans are left out."""

import math

CHECKED = "October 2026"
MONTH_SECONDS = 30 * 86_400
MILLION = 1_000_000
REQUEST = 0.20 / MILLION
# (up to so many GB-seconds a month, price of each)
GIGABYTE_SECOND = {
    "arm64": ((7.5e9, 0.0000133334), (18.75e9, 0.0000120001), (math.inf, 0.0000106667)),
    "x86_64": ((6e9, 0.0000166667), (15e9, 0.0000150000), (math.inf, 0.0000133334)),
}
HTTP_API = ((300e6, 1.00 / MILLION), (math.inf, 0.90 / MILLION))
HTTP_API_BYTES = 512 * 1024  # A request of more counts as several.
PUT = 0.005 / 1000
GET = 0.0004 / 1000
LOG_GIGABYTE = 0.50
LOG_BYTES = 1500  # An invocation: Lambda's own three lines, and one of the function's.


def tiered(amount, tiers):
    """What this much costs in a month."""
    cost, below = 0.0, 0
    for upto, price in tiers:
        cost += max(0, min(amount, upto) - below) * price
        below = upto
    return cost


def per_million(run, rate, picture_bytes, architecture):
    """{part: dollars} of a million pictures, at so many a second all month."""
    pictures = len(run.done)
    monthly = rate * MONTH_SECONDS
    scale = monthly / pictures  # From the run to a month.
    fleets = (run.upload, run.processor)
    seconds = {fleet: fleet.billed * fleet.function.memory_mb / 1024 * scale for fleet in fleets}
    computing = tiered(sum(seconds.values()), GIGABYTE_SECOND[architecture])
    increments = math.ceil(picture_bytes / HTTP_API_BYTES)
    invocations = (run.upload.invocations + run.processor.invocations) * scale
    parts = {
        "gateway": tiered((run.arrived + run.refused) * scale * increments, HTTP_API),
        "upload function": computing * seconds[run.upload] / sum(seconds.values()) +
        run.upload.invocations * scale * REQUEST,
        "processor": computing * seconds[run.processor] / sum(seconds.values()) +
        run.processor.invocations * scale * REQUEST,
        "S3 requests": (run.requests["put"] * PUT + run.requests["get"] * GET) * scale,
        "logs": invocations * LOG_BYTES / 1e9 * LOG_GIGABYTE,
    }
    return {part: dollars / monthly * MILLION for part, dollars in parts.items()}
