"""Makes what the tests of chat templates expect, with Jinja2 3.1.6 and Python 3.11:

    native/ggml/fetch.sh --templates
    pip install jinja2==3.1.6
    python3.11 engine/src/test/templates/make_expectations.py

Reads the templates and test-jinja.cpp of llama.cpp from native/build/ggml/templates and our conversations from
the resources of the tests; writes expected/NAME.json for each template beside the conversations, and checks that Jinja2
gives what test-jinja.cpp expects, which the tests read as it is.

A rendering is {"lines": [...]}, joined as they are; {"as": "another", "head": h, "lines": [...], "tail": t}: between
them the first h and the last t characters (code points) of another rendering of the same file; {"sha256": of UTF-8}
where it is very long; {"raised": words of raise_exception}; {"fails": Jinja2's error, for readers}. With "strict", Jinja2 as it is set up
refuses with this error what is harmless, and the text is what it gives without that restriction.
"""

import hashlib
import json
import re
import shutil
from pathlib import Path

from jinja2_as_hf import Jinja2
from test_jinja_cpp import cases

TOP = Path(__file__).resolve().parents[4]
REFERENCE = TOP / "native/build/ggml/templates"
CORPUS = TOP / "engine/src/test/resources/dev/myelin/chat/corpus"
LONGEST = 20_000  # characters of a rendering that is spelt out


def sha256(text):
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def expanded(value):
    if isinstance(value, dict):
        if value.keys() == {"repeat", "times"}:
            return value["repeat"] * value["times"]
        return {k: expanded(v) for k, v in value.items()}
    if isinstance(value, list):
        return [expanded(v) for v in value]
    return value


def renderings(corpus):
    """Names and variables of all that is rendered."""
    for conversation in corpus["conversations"]:
        for setting in conversation["settings"]:
            yield f"{conversation['name']} | {setting}", {
                "messages": expanded(conversation["messages"]),
                "tools": corpus["tools"].get(conversation.get("tools")),
                "documents": None,
                "bos_token": "<s>",
                "eos_token": "</s>",
                **corpus["settings"][setting],
                **conversation.get("variables", {}),
            }


def common(a, b):
    """How many characters a and b begin with together."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[:middle] == b[:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def lines(text):
    return re.findall(r"[^\n]*\n|[^\n]+", text)


def shortened(text, earlier):
    """Text as the difference to the earlier one that leaves the least of it."""
    best = {"lines": lines(text)}
    least = len(text) * 0.6 - 40
    for name, other in earlier.items():
        head = common(text, other)
        tail = common(text[head:][::-1], other[head:][::-1])
        if len(text) - head - tail < least:
            least = len(text) - head - tail
            middle = text[head : len(text) - tail]
            best = {"as": name, "head": head, "lines": lines(middle), "tail": tail}
    return best


def expectations(jinja2, source, corpus):
    result, spelt_out = {}, {}
    for name, variables in renderings(corpus):
        got = jinja2.outcome(source, variables)
        text = got.get("text")
        if text is None:
            result[name] = got
        elif len(text) > LONGEST:
            result[name] = {"sha256": sha256(text)}
        else:
            result[name] = shortened(text, spelt_out)
            if "as" not in result[name]:
                spelt_out[name] = text
        if text is not None and "strict" in got:
            result[name]["strict"] = got["strict"]
    return result


def write(path, value):
    text = json.dumps(value, ensure_ascii=True, indent=1)
    path.write_text(text + "\n", encoding="utf-8")


def main():
    jinja2 = Jinja2()
    corpus = json.loads((CORPUS / "conversations.json").read_text(encoding="utf-8"))
    templates = sorted(REFERENCE.glob("*.jinja"))
    if not templates:
        raise SystemExit(f"{REFERENCE}: no templates; run native/ggml/fetch.sh --templates first")
    folder = CORPUS / "expected"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for template in templates:
        source = template.read_text(encoding="utf-8")
        write(
            folder / (template.stem + ".json"),
            {"sha256": sha256(source), "renderings": expectations(jinja2, source, corpus)},
        )
    for name, source, variables, expected in cases(REFERENCE / "test-jinja.cpp"):
        got = jinja2.outcome(source, variables)
        if got.get("text") != expected:
            raise SystemExit(f"test-jinja.cpp: {name}: Jinja2 gives {got}, expected there: {expected!r}")


if __name__ == "__main__":
    main()
