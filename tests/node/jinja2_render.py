# SPDX-License-Identifier: MIT
"""Renders template cases with Jinja2 in the environment that Hugging Face's apply_chat_template sets up.

Reads a JSON list of {template, context} from standard input; writes a JSON list of {text} or {error}.
"""
import datetime
import json
import sys

from jinja2 import nodes
from jinja2.exceptions import TemplateError
from jinja2.ext import Extension, loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

NOW = datetime.datetime(2024, 7, 26, 9, 5, 3)


class Generation(Extension):
    """The {% generation %} mark: its body is rendered as it is."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return nodes.CallBlock(self.call_method("_support"), [], [], body).set_lineno(line)

    def _support(self, caller):
        return caller()


def raise_exception(message):
    raise TemplateError(message)


def tojson(value, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def render(case):
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: NOW.strftime(form)
    context = {"messages": [], "tools": None, "documents": None, "add_generation_prompt": False, **case["context"]}
    try:
        return {"text": environment.from_string(case["template"]).render(**context)}
    except Exception as error:  # every refusal counts, whatever its kind
        return {"error": f"{type(error).__name__}: {error}"}


if __name__ == "__main__":
    json.dump([render(case) for case in json.load(sys.stdin)], sys.stdout)
