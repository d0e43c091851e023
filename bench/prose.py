"""Markdown as the benches write it: paragraphs filled to the page's width, and tables."""

import textwrap

WIDTH = 100


def prose(words):
    """Paragraphs and list items filled; headings, tables, code and pictures as they are."""
    blocks = []
    for block in words.strip("\n").split("\n\n"):
        if block.startswith("- "):
            items = block[2:].split("\n- ")
            blocks.append("\n".join(fill(item, "- ", "  ") for item in items))
        elif block.startswith(("#", "|", "    ", "![")):
            blocks.append(block)
        else:
            blocks.append(fill(block))
    return "\n\n".join(blocks)


def fill(words, first="", following=""):
    return textwrap.fill(" ".join(words.split()), WIDTH, initial_indent=first,
                         subsequent_indent=following, break_long_words=False,
                         break_on_hyphens=False)


def table(head, rows):
    """The first column to the left, figures to the right."""
    lines = ["| " + " | ".join(head) + " |", "|---|" + "---:|" * (len(head) - 1)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])
