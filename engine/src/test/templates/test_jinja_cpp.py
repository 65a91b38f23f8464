"""Reads the cases of llama.cpp's tests/test-jinja.cpp: calls test_template(t, name, template, variables, expected)."""

import re

# A raw string, a string, a number or name, a punctuation mark; comments and blanks are dropped.
TOKEN = re.compile(
    r'//[^\n]*|\s+|R"\((?P<raw>.*?)\)"|(?P<string>"(?:[^"\\]|\\.)*")|(?P<word>[\w:.+-]+)|(?P<mark>[{}(),;])',
    re.DOTALL,
)


def tokens(text, at):
    while True:
        match = TOKEN.match(text, at)
        if match is None:
            raise ValueError(f"test-jinja.cpp: unexpected text at {at}: {text[at : at + 40]!r}")
        at = match.end()
        if match["raw"] is not None:
            yield "string", match["raw"]
        elif match["string"]:
            yield "string", unescaped(match["string"][1:-1])
        elif match["word"]:
            yield "word", match["word"]
        elif match["mark"]:
            yield "mark", match["mark"]


def unescaped(text):
    simple = {"n": "\n", "t": "\t", "r": "\r", "0": "\0", "f": "\f", "v": "\v", "\n": ""}

    def one(match):
        return chr(int(match[1][1:], 16)) if match[1][1:] else simple.get(match[1], match[1])

    return re.sub(r"\\(u[0-9a-fA-F]{4}|.)", one, text, flags=re.DOTALL)


class Reader:
    def __init__(self, text, at):
        self.tokens = tokens(text, at)
        self.next()

    def next(self):
        self.kind, self.text = next(self.tokens)

    def take(self, mark):
        if (self.kind, self.text) != ("mark", mark):
            raise ValueError(f"test-jinja.cpp: {self.text!r}: expected {mark!r}")
        self.next()

    def items(self, closing):
        found = []
        while (self.kind, self.text) != ("mark", closing):
            found.append(self.value())
            if (self.kind, self.text) == ("mark", ","):
                self.next()
        self.next()
        return found

    def value(self):
        kind, text = self.kind, self.text
        self.next()
        if kind == "string":
            while self.kind == "string":  # strings side by side are one
                text += self.text
                self.next()
            return text
        if text == "{":
            return braced(self.items("}"))
        if text in ("json::array", "json::object", "std::string", "json"):
            self.take("(")
            inside = self.items(")")
            if text == "json::array":
                return unbraced(inside[0]) if inside else []
            return inside[0] if inside else {}
        if text in ("true", "false", "nullptr"):
            return {"true": True, "false": False, "nullptr": None}[text]
        return float(text) if "." in text or "e" in text else int(text)


class Braced(list):
    """What stood in braces: a list, or an object if all of its items are pairs that begin with a text."""


def braced(items):
    if items and all(isinstance(i, Braced) and len(i) == 2 and isinstance(i[0], str) for i in items):
        return dict(items)
    return Braced(items)


def unbraced(items):
    return list(items.items()) if isinstance(items, dict) else list(items)


def plain(value):
    if isinstance(value, dict):
        return {k: plain(v) for k, v in value.items()}
    return [plain(v) for v in value] if isinstance(value, list) else value


def cases(path):
    text = path.read_text(encoding="utf-8")
    for call in re.finditer(r'^ *test_template\(t,(?=\s*")', text, re.MULTILINE):
        reader = Reader(text, call.end())
        name, source, variables, expected = reader.items(")")
        yield name, source, plain(variables), expected
