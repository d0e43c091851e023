"""docs/performance.md is one page of several benches: each writes its own sections, and leaves the
others' as they are. A section begins with a line "## Title" and ends before the next such line."""


def split(page):
    """[(title, text)] in the page's order; what is above the first section has the title ""."""
    found = [["", []]]
    for line in page.splitlines():
        if line.startswith("## "):
            found.append([line[3:], []])
        found[-1][1].append(line)
    return [(title, "\n".join(lines).strip("\n")) for title, lines in found]


def join(sections):
    return "\n\n".join(text for _, text in sections if text) + "\n"


def title_of(text):
    """Of what is one section and nothing else."""
    (_, above), (title, _) = split(text)
    assert not above, above
    return title


def put(page, text):
    """The page with this section in the place of the one of its title, or at the end."""
    title = title_of(text)
    sections = split(page)
    if title not in (name for name, _ in sections):
        sections.append((title, ""))
    return join([(name, text.strip("\n") if name == title else kept) for name, kept in sections])


def carry(page, former, titles):
    """The page, and below it what a former one had under these titles."""
    kept = {name: text for name, text in split(former)}
    for title in titles:
        if title in kept:
            page = put(page, kept[title])
    return page
