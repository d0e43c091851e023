"""docs/performance.md from what was measured. The words are here, the figures come from the run."""

import json
import pathlib
import platform
import statistics
import subprocess

from PIL import Image

import coldstart
import prose
from measure import geometric_mean, ratio

OURS = "imagemill"

HEAD = """# How fast

Written by `bench/run` (do not edit: the words are in [bench/document.py](../bench/document.py)).
To measure again, on a machine that does nothing else:

    bench/run

Every library works on the same files, in memory, on one thread, in a warm process of its own, one
right after the other and in another order each round; ratios are medians over the rounds of what
two libraries took side by side, and means of ratios are geometric. CPU is user and system time of
the whole process. Settings are equal: the same box (inside 800×800, never enlarged), quality and
effort; sharp and libvips run without their caches. The pictures are Debian's wallpapers
(`mate-backgrounds`, `plasma-workspace-wallpapers`) and variants that
[bench/pictures.py](../bench/pictures.py) makes of them.
"""

JPEG = """## JPEG to JPEG

Quality 75. The last column is what the engine takes of what sharp takes.
"""

STAGES = """## Where the time goes

Of the engine's wall time a photograph, JPEG to JPEG; the mean of the shares. Decoding and encoding
alone are the floor: what is left is what a better resize could still save.
"""

FIDELITY = """## Fidelity

The same outputs, decoded, against a reduction by Lanczos3 in floating point
([bench/fidelity.py](../bench/fidelity.py)): PSNR in dB over red, green and blue, SSIM on luma.
"""

WORKS = """## All formats

CPU an image, as the geometric mean over the pictures, and the output's bytes likewise, both by
sharp's. WebP at quality 75 and effort 4, AVIF at quality 50 and effort 4, GIF at effort 7 and with
all frames: the defaults of the engine, of sharp and of libvips. PNG at compression 6 with filters
chosen for each row (Pillow: compression 6); and as each does it by default, which is not the same
work. Pillow 9.4 has no AVIF, reads an animation frame by frame, and quantises a GIF's colours by a
cheaper method. Where there are few quick pictures, WebP to WebP and AVIF to JPEG, each is done three
times a round.

An opaque WebP is scaled by libwebp while it decodes, here as by sharp, and the files are the same to
the byte. One with an alpha is decoded whole and resized by Lanczos, because libwebp does not weigh
colours by their alpha when it scales: that costs about a sixth more than sharp takes, and most of
both is the encoder.
"""

COLD = """## Cold start

One 2560×1600 JPEG, a process from its start to its end. The Python function imports boto3, makes a
client and reduces the picture with Pillow; the Node one loads sharp and no AWS client at all.
"""

MEMORY = """## Memory

Peak of a process that did one picture: the largest file of each kind of work, and a JPEG of 100
megapixels.
"""


def size_of(path):
    with Image.open(path) as image:
        kind = ["progressive"] if image.info.get("progressive") else []
        if image.mode == "L":
            kind.append("grey")
        elif image.format == "JPEG":
            _, across, down, _ = image.layer[0]
            kind.append({(1, 1): "4:4:4", (2, 1): "4:2:2", (2, 2): "4:2:0"}.get(
                (across, down), f"{across}×{down}"))
        return {"width": image.width, "height": image.height, "kind": " ".join(kind),
                "bytes": path.stat().st_size}


def machine(home):
    def asked(*command):
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()

    model = next(line.split(":")[1].strip() for line in open("/proc/cpuinfo")
                 if line.startswith("model name"))
    cores = sum(line.startswith("processor") for line in open("/proc/cpuinfo"))
    versions = json.loads(asked("node", "-p", (
        f"JSON.stringify(require('{home}/node_modules/sharp').versions)")))
    pillow = asked("/usr/bin/python3", "-c", "import PIL; print(PIL.__version__)")
    compiler = asked("g++", "-dumpfullversion")
    root = pathlib.Path(__file__).parent
    commit = asked("git", "-C", str(root), "rev-parse", "--short=12", "HEAD")
    return {"cpu": f"{model}, {cores} cores", "kernel": platform.release(), "commit": commit,
            "versions": f"sharp {versions['sharp']} with libvips {versions['vips']}, "
                        f"Pillow {pillow}, Node {asked('node', '--version').lstrip('v')}, "
                        f"Python {platform.python_version()}, g++ {compiler}"}


def table(head, rows):
    return prose.table(head, rows) + "\n"


def count(number, noun):
    return f"{number} {noun}" + ("" if number == 1 else "s")


def title(work):
    source, target, *rest = work.split("-")
    return f"{source} → {target}" + (", by default" if rest else "")


def milliseconds(times_us):
    return f"{statistics.median(times_us) / 1000:.1f}"


def megabytes(size):
    return f"{size / 1e6:.1f}"


def jpeg_table(measured):
    results, sizes = measured["results"]["jpeg-jpeg"], measured["sizes"]
    names = list(next(iter(results.values())))
    rows, ratios = [], []
    for picture, by_library in sorted(
            results.items(), key=lambda item: sizes[item[0]]["width"] * sizes[item[0]]["height"]):
        size = sizes[picture]
        ratios.append(ratio(results, picture, OURS, "sharp"))
        rows.append([picture, f"{size['width']}×{size['height']} {size['kind']}"] +
                    [milliseconds(by_library[name]["cpu_us"]) for name in names] +
                    [f"{ratios[-1]:.2f}"])
    means = [geometric_mean([statistics.median(by[name]["cpu_us"]) for by in results.values()])
             for name in names]
    rows.append(["geometric mean", f"{len(rows)} photographs"] +
                [f"{mean / 1000:.1f}" for mean in means] + [f"**{geometric_mean(ratios):.2f}**"])
    head = ["photograph", "size"] + [f"{name}, ms" for name in names] + ["ratio"]
    walls = [ratio(results, picture, OURS, "sharp", "wall_us") for picture in results]
    return (table(head, rows) + f"\nThe worst ratio is {max(ratios):.2f}; by wall time the mean is "
            f"{geometric_mean(walls):.2f}.\n")


def stages_table(measured):
    shares = {}
    for by_library in measured["results"]["jpeg-jpeg"].values():
        ours = by_library[OURS]
        whole = statistics.median(ours["wall_us"])
        stages = ours["stages_us"]
        for stage in stages[0]:
            took = statistics.median(stage_of[stage] for stage_of in stages)
            shares.setdefault(stage, []).append(took / whole)
    means = {stage: statistics.mean(values) for stage, values in shares.items()}
    means["the rest"] = 1 - sum(means.values())
    return table(["stage", "share"], [[stage, f"{share:.0%}"] for stage, share in means.items()])


def fidelity_table(measured):
    scores = measured["scores"]
    names = list(next(iter(scores.values())))
    rows = []
    for picture, by_library in scores.items():
        rows.append([picture] + [f"{by_library[name][0]:.2f} / {by_library[name][1]:.4f}"
                                 for name in names])
    head = ["photograph"] + [f"{name}, dB / SSIM" for name in names]
    worst_psnr = min(by[OURS][0] - by["sharp"][0] for by in scores.values())
    worst_ssim = min(by[OURS][1] - by["sharp"][1] for by in scores.values())
    return (table(head, rows) + f"\nAt worst the engine is {worst_psnr:+.2f} dB and "
            f"{worst_ssim:+.4f} SSIM from sharp.\n")


def works_table(measured):
    rows = []
    for work, results in measured["results"].items():
        names = [name for name in next(iter(results.values())) if name != OURS]
        cells = {}
        for name in names:
            cpu = geometric_mean([ratio(results, picture, OURS, name) for picture in results])
            size = geometric_mean([by[OURS]["bytes"] / by[name]["bytes"]
                                   for by in results.values()])
            cells[name] = (f"{cpu:.2f}", f"{size:.2f}")
        ours = geometric_mean([statistics.median(by[OURS]["cpu_us"]) for by in results.values()])
        rows.append([title(work), str(len(results)), f"{ours / 1000:.1f}"] +
                    [cells[name][0] if name in cells else "–"
                     for name in ("sharp", "libvips", "Pillow")] +
                    [cells["sharp"][1]])
    return table(["work", "pictures", "ours, ms", "by sharp's", "by libvips's", "by Pillow's",
                  "bytes by sharp's"], rows)


def cold_table(measured):
    ours = measured["cold"][OURS]
    rows = [[name, f"{run['wall_us'] / 1000:.0f}", f"{run['cpu_us'] / 1000:.0f}",
             megabytes(run["peak_bytes"]), f"{ours['cpu_us'] / run['cpu_us']:.2f}",
             f"{ours['peak_bytes'] / run['peak_bytes']:.2f}"]
            for name, run in measured["cold"].items()]
    return table(["process", "wall, ms", "CPU, ms", "peak, MB", "our CPU by its",
                  "our peak by its"], rows)


def memory_table(measured):
    names = list(measured["large"])
    rows = [[title(work)] +
            [megabytes(peaks[name]) if name in peaks else "–" for name in names]
            for work, peaks in measured["peaks"].items()]
    rows.append(["100 megapixels, jpeg → jpeg"] +
                [megabytes(measured["large"][name]) for name in names])
    return table(["work"] + [f"{name}, MB" for name in names], rows)


def five_text(measured):
    five = measured["five"]
    alone = sum(five["alone_us"])
    boxes = ", ".join(str(box) for box in measured["five_boxes"])
    return (f"## Several renditions of one picture\n\nBoxes of {boxes} from a 12 megapixel JPEG in "
            f"one job take {five['together_us'] / 1000:.1f} ms of CPU; one after the other they "
            f"take {alone / 1000:.1f} ms: a ratio of **{five['together_us'] / alone:.2f}**.\n")


def write(measured):
    machine_of = measured["machine"]
    rounds = count(measured["rounds"], "round")
    parts = [HEAD, f"Measured at commit {machine_of['commit']}, {rounds}, on {machine_of['cpu']}, "
             f"Linux {machine_of['kernel']}: {machine_of['versions']}.\n"]
    if "jpeg-jpeg" in measured["results"]:
        parts += [JPEG, jpeg_table(measured), STAGES, stages_table(measured), FIDELITY,
                  fidelity_table(measured)]
    parts += [WORKS, works_table(measured), COLD, cold_table(measured), five_text(measured),
              MEMORY, memory_table(measured), coldstart.section(measured["instances"])]
    return "\n".join(parts)
