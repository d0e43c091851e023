"""The measured times that the model is fed with, read from the tables of docs/performance.md."""

import dataclasses
import re

import sections
from scale_model import Function

# Column of the JPEG table, row of the cold-start table, and the calls to S3 each makes: imagemill's
# as processor_test.cpp has them, boto3's download_file asks for the head first.
SOURCE, DESTINATION, MANIFESTS = "the source", "the results", "the manifests"
GET, HEAD, PUT = "get", "get", "put"  # HEAD counts and costs as GET does.
PROGRAMS = {
    "imagemill": ("imagemill, ms", "imagemill",
                  ((GET, MANIFESTS), (GET, SOURCE)),
                  ((PUT, DESTINATION), (PUT, MANIFESTS)), ((HEAD, SOURCE),)),
    "sharp on Node": ("sharp, ms", "Node + sharp", ((GET, SOURCE),), ((PUT, DESTINATION),), ()),
    "the seed's Python": ("Pillow, ms", "Python function", ((HEAD, SOURCE), (GET, SOURCE)),
                          ((PUT, DESTINATION),), ()),
}
COLD_PICTURE = "TwoWings"
UPLOAD_MB = 512  # deploy/template.yaml


@dataclasses.dataclass(frozen=True)
class Measured:
    upload_cpu: float    # Seconds a picture, of `api`.
    beside_cpu: float    # Of a processor, beside the engine: HTTP, signing, digests, logs.
    picture_bytes: float
    engine_cpu: dict     # {program: seconds of each photograph}
    start_cpu: dict      # {program: seconds}


class Missing(Exception):
    """docs/performance.md lacks something; the text says what, and what writes it."""


def tables_of(text):
    """[[{column: cell}]] of all tables below each other."""
    found, head = [], None
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")] if line[:1] == "|" else None
        if cells is None:
            head = None
        elif head is None:
            head = cells
            found.append([])
        elif not re.fullmatch(r"[|\-: ]+", line):
            found[-1].append(dict(zip(head, cells)))
    return found


def table(page, title, column, writer):
    """The section's table that has this column."""
    for rows in tables_of(dict(sections.split(page)).get(title, "")):
        if rows and column in rows[0]:
            return rows
    raise Missing(f'docs/performance.md has no table with a column "{column}" under "{title}": '
                  f"{writer} writes it.")


def read(page):
    photographs = [row for row in table(page, "JPEG to JPEG", "sharp, ms", "bench/run")
                   if row["photograph"] != "geometric mean"]
    cold = {row["process"]: row for row in table(page, "Cold start", "CPU, ms", "bench/run")}
    burst = {row["processes"]: float(row["CPU an image, ms"]) / 1000
             for row in table(page, "A burst of photographs", "processes", "bench/burst")}
    megabytes = re.search(r"([0-9.]+)\s+MB\)", dict(sections.split(page))["A burst of photographs"])
    warm = next(row for row in photographs if row["photograph"] == COLD_PICTURE)
    engine, start = {}, {}
    for program, (column, process, *_) in PROGRAMS.items():
        engine[program] = tuple(float(row[column]) / 1000 for row in photographs)
        start[program] = (float(cold[process]["CPU, ms"]) - float(warm[column])) / 1000
    beside = burst["instances of `processor`"] - burst["`imagemill process`"]
    return Measured(upload_cpu=burst["instances of `api`"], beside_cpu=max(0, beside),
                    picture_bytes=float(megabytes[1]) * 1e6, engine_cpu=engine, start_cpu=start)


def upload_function(measured):
    """The same for all three, so that the processors are what is compared."""
    return Function(memory_mb=UPLOAD_MB, cpu=(measured.upload_cpu,),
                    start_cpu=measured.start_cpu["imagemill"], after=((PUT, SOURCE),))


def processor(measured, program, memory_mb=1769):
    _, _, before, after, trailing = PROGRAMS[program]
    return Function(memory_mb=memory_mb, start_cpu=measured.start_cpu[program], before=before,
                    cpu=tuple(cpu + measured.beside_cpu for cpu in measured.engine_cpu[program]),
                    after=after, trailing=trailing)
