"""Prints the methods of the installed openai SDK's clients, one a line: `chat.completions.create`."""

import inspect

import openai


def walk(resource: object, prefix: str) -> None:
    for name in dir(type(resource)):
        if name.startswith("_") or name.startswith("with_"):
            continue
        if inspect.isfunction(inspect.getattr_static(type(resource), name)):
            if prefix:
                print(prefix + name)
            continue
        part = getattr(resource, name)
        if type(part).__module__.startswith("openai.resources"):
            walk(part, f"{prefix}{name}.")


for client in (openai.OpenAI, openai.AsyncOpenAI):
    walk(client(api_key="none"), "")
