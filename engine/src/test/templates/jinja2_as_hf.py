"""Jinja2, set up as Hugging Face's apply_chat_template sets it up, with a clock that stands still."""

import copy
import datetime
import json
import types
from functools import partial

import jinja2
from jinja2.ext import Extension, loopcontrols
from jinja2.nodes import CallBlock
from jinja2.sandbox import ImmutableSandboxedEnvironment, SandboxedEnvironment

VERSION = "3.1.6"
NOW = datetime.datetime(2024, 7, 26, 13, 5, 9)


class Raised(jinja2.TemplateError):
    """What a template said with raise_exception."""


class Generation(Extension):
    """{% generation %} marks what an assistant wrote; here its body is rendered, and that is all."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return CallBlock(self.call_method("_body"), [], [], body).set_lineno(line)

    def _body(self, caller):
        return caller()


def _raise(message):
    raise Raised(message)


def _tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False, default=None):
    return json.dumps(
        value,
        ensure_ascii=ensure_ascii,
        indent=indent,
        separators=separators,
        sort_keys=sort_keys,
        default=default,
    )


def _list_of_generator(value):
    if isinstance(value, types.GeneratorType):
        return list(value)
    raise TypeError(f"Object of type {type(value).__name__} is not JSON serializable")


def _environment(kind, tojson):
    if jinja2.__version__ != VERSION:
        raise SystemExit(f"Jinja2 {jinja2.__version__}: expected {VERSION}")
    env = kind(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = _raise
    env.globals["strftime_now"] = NOW.strftime
    return env


class Jinja2:
    def __init__(self):
        self.parsed = {}
        self.strict = _environment(ImmutableSandboxedEnvironment, _tojson)
        # Lists that a template made may be appended to, generators are lists to tojson.
        self.lenient = _environment(SandboxedEnvironment, partial(_tojson, default=_list_of_generator))

    def outcome(self, source, variables):
        """The text as {"text": ...}, else {"raised": words} or {"fails": what Jinja2 says}."""
        result = self._outcome(self.strict, source, variables)
        if "of 'list' object is unsafe" in str(result.get("fails")) or "of type generator" in str(
            result.get("fails")
        ):
            return {**self._outcome(self.lenient, source, copy.deepcopy(variables)), "strict": result["fails"]}
        return result

    def _outcome(self, env, source, variables):
        try:
            if (env, source) not in self.parsed:
                self.parsed[env, source] = env.from_string(source)
            return {"text": self.parsed[env, source].render(variables)}
        except Raised as e:
            return {"raised": str(e)}
        except Exception as e:  # whatever a template brings about in Python
            return {"fails": " ".join(f"{type(e).__name__}: {e}".split())[:200]}
