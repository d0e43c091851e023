"""Each bench writes its sections of docs/performance.md and leaves the others', in one form."""

import pathlib
import unittest

import prose
import sections

PAGE = """# How fast

Above.

## One

The first.

### Of it

| a | b |
|---|---:|
| 1 | 2 |

## Two

The second.
"""
ROOT = pathlib.Path(__file__).resolve().parent.parent


class Sections(unittest.TestCase):
    def test_a_page_is_its_sections(self):
        self.assertEqual([title for title, _ in sections.split(PAGE)], ["", "One", "Two"])
        self.assertEqual(sections.join(sections.split(PAGE)), PAGE)

    def test_a_section_takes_the_place_of_the_former(self):
        page = sections.put(PAGE, "## One\n\nNew.\n")
        self.assertEqual(page, "# How fast\n\nAbove.\n\n## One\n\nNew.\n\n## Two\n\nThe second.\n")
        self.assertEqual(sections.put(page, "## One\n\nNew.\n"), page)

    def test_a_new_section_goes_to_the_end(self):
        page = sections.put(PAGE, "## Three\n\nMore.\n")
        self.assertEqual(page, PAGE + "\n## Three\n\nMore.\n")
        self.assertEqual(sections.put("", "## Three\n\nMore."), "## Three\n\nMore.\n")

    def test_a_title_is_not_the_beginning_of_another(self):
        page = sections.put(PAGE, "## On\n\nAnother.\n")
        self.assertEqual([title for title, _ in sections.split(page)], ["", "One", "Two", "On"])

    def test_a_page_written_anew_carries_what_others_wrote(self):
        anew = "# How fast\n\n## One\n\nMeasured again.\n"
        page = sections.carry(anew, PAGE, ["Two", "Nobody's"])
        self.assertEqual(page, anew + "\n## Two\n\nThe second.\n")
        self.assertEqual(sections.carry(anew, "", ["Two"]), anew)

    def test_what_nobody_owns_any_more_goes(self):
        self.assertNotIn("Two", sections.carry("# How fast\n", PAGE, ["One"]))

    def test_the_committed_page_is_as_its_writers_leave_it(self):
        page = (ROOT / "docs/performance.md").read_text()
        self.assertEqual(sections.join(sections.split(page)), page)
        titles = [title for title, _ in sections.split(page)]
        self.assertEqual(len(titles), len(set(titles)))


class Prose(unittest.TestCase):
    def test_paragraphs_and_items_are_filled_and_tables_are_not(self):
        words = prose.prose("a " * 80 + "\n\n- b\n  c\n- d\n\n| e |\n| f |\n")
        self.assertEqual(words.splitlines()[2:], ["", "- b c", "- d", "", "| e |", "| f |"])
        self.assertTrue(all(len(line) <= 100 for line in words.splitlines()))

    def test_a_table_has_its_first_column_to_the_left(self):
        self.assertEqual(prose.table(["a", "b"], [["c", "1"]]),
                         "| a | b |\n|---|---:|\n| c | 1 |")


if __name__ == "__main__":
    unittest.main()
