"""A loopback stand-in for the OpenAI API on an Azure resource. It records each request, so that a test can compare them.

Usage: server.py CERTIFICATE    listens on 127.0.0.1 and prints two ports: one for HTTP, one for HTTPS with the
certificate and key of that PEM file.

It is as strict as a resource about paths and keys: a deployment in the path needs an `api-version`, `/openai/v1/` takes
none, anything else is 404, and a request without a key is 401. Answers depend on the request alone.

    GET    /recorded    the requests since the last DELETE, in order
    DELETE /recorded    forgets them
"""

import base64
import email.parser
import json
import ssl
import struct
import sys
import threading
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

recorded = []
lock = threading.Lock()

# Where an API may live. `{}` is a deployment; True: an api-version is required there, False: it is refused.
DEPLOYMENT_APIS = {
    "completions", "chat/completions", "embeddings", "images/generations", "images/edits",
    "audio/transcriptions", "audio/translations", "audio/speech",
}


def find_api(path, query):
    """The API that a path stands for, without its prefix; None when a resource would answer 404."""
    version = "api-version" in query
    parts = path.strip("/").split("/")
    if parts[:2] == ["openai", "deployments"] and version:
        api = "/".join(parts[3:])
        return api if api in DEPLOYMENT_APIS else None
    # The AI SDK's Azure provider says `api-version=v1` here, which a resource accepts.
    if parts[:2] == ["openai", "v1"] and query.get("api-version", ["v1"]) == ["v1"]:
        return "/".join(parts[2:])
    if parts[:1] == ["openai"] and version:
        api = "/".join(parts[1:])
        return None if api in DEPLOYMENT_APIS else api
    # Azure AI Inference has its APIs at the root, or below `models`; a plain server has them below `v1`.
    if parts[:1] == ["models"] and len(parts) > 1 and version:
        return "/".join(parts[1:])
    if parts[:1] == ["v1"] and not version:
        return "/".join(parts[1:])
    return "/".join(parts) if version else None


def example(schema, name="value"):
    """A value of a JSON schema."""
    kind = schema.get("type")
    if "enum" in schema:
        return schema["enum"][0]
    if kind == "object":
        return {key: example(part, key) for key, part in schema.get("properties", {}).items()}
    if kind == "array":
        return [example(schema["items"], name)]
    return {"integer": 7, "number": 1.5, "boolean": True}.get(kind, f"some {name}")


def text_of(content):
    """The text of a message's content, which is a string or a list of parts."""
    if isinstance(content, list):
        return " ".join(part.get("text", "") for part in content)
    return content or ""


def last_text(messages):
    """What a chat or a response is asked."""
    if isinstance(messages, str):
        return messages
    return text_of(messages[-1].get("content")) if messages else ""


def usage():
    return {"prompt_tokens": 3, "completion_tokens": 4, "total_tokens": 7}


def chat_message(body):
    """The answering message and its finish reason."""
    messages = body["messages"]
    tools = body.get("tools")
    if tools and messages[-1].get("role") != "tool":
        function = tools[0]["function"]
        arguments = json.dumps(example(function.get("parameters") or {"type": "object"}))
        call = {"id": "call_1", "type": "function", "function": {"name": function["name"], "arguments": arguments}}
        return {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    form = body.get("response_format") or {}
    if form.get("type") == "json_schema":
        return {"role": "assistant", "content": json.dumps(example(form["json_schema"]["schema"]))}, "stop"
    return {"role": "assistant", "content": "answer to: " + last_text(messages)}, "stop"


def chat(body):
    message, reason = chat_message(body)
    choice = {"index": 0, "message": message, "finish_reason": reason, "logprobs": None}
    return {"id": "chat_1", "object": "chat.completion", "created": 1, "model": "served", "choices": [choice],
            "usage": usage()}


def chat_events(body):
    message, reason = chat_message(body)
    frame = {"id": "chat_1", "object": "chat.completion.chunk", "created": 1, "model": "served"}
    deltas = [{"role": "assistant", "content": ""}]
    if message.get("tool_calls"):
        deltas.append({"tool_calls": [{"index": 0, **call} for call in message["tool_calls"]]})
    else:
        deltas += [{"content": word + " "} for word in message["content"].split()]
    for delta in deltas:
        yield frame | {"choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield frame | {"choices": [{"index": 0, "delta": {}, "finish_reason": reason}]}
    if (body.get("stream_options") or {}).get("include_usage"):
        yield frame | {"choices": [], "usage": usage()}


def completion(body):
    choice = {"index": 0, "text": "continued: " + str(body["prompt"]), "finish_reason": "stop", "logprobs": None}
    return {"id": "cmpl_1", "object": "text_completion", "created": 1, "model": "served", "choices": [choice],
            "usage": usage()}


def embeddings(body):
    inputs = body["input"] if isinstance(body["input"], list) else [body["input"]]
    data = []
    for index, text in enumerate(inputs):
        vector = [float(len(str(text))), 0.5, float(index)]
        if body.get("encoding_format") == "base64":
            vector = base64.b64encode(struct.pack("<3f", *vector)).decode()
        data.append({"object": "embedding", "index": index, "embedding": vector})
    return {"object": "list", "model": "served", "data": data, "usage": {"prompt_tokens": 3, "total_tokens": 3}}


def response(body, status="completed"):
    form = (body.get("text") or {}).get("format") or {}
    text = json.dumps(example(form["schema"])) if form.get("type") == "json_schema" else (
        "answer to: " + last_text(body["input"]))
    part = {"type": "output_text", "text": text, "annotations": []}
    message = {"id": "msg_1", "type": "message", "role": "assistant", "status": "completed", "content": [part]}
    counts = {"input_tokens": 3, "output_tokens": 4, "total_tokens": 7,
              "input_tokens_details": {"cached_tokens": 0}, "output_tokens_details": {"reasoning_tokens": 0}}
    return {"id": "resp_1", "object": "response", "created_at": 1, "model": "served", "status": status,
            "output": [message] if status == "completed" else [], "parallel_tool_calls": True, "tool_choice": "auto",
            "tools": [], "error": None, "incomplete_details": None, "instructions": None, "metadata": {},
            "temperature": 1.0, "top_p": 1.0, "usage": counts if status == "completed" else None}


def response_events(body):
    whole = response(body)
    message = whole["output"][0]
    part = message["content"][0]
    place = {"item_id": message["id"], "output_index": 0, "content_index": 0}
    events = [{"type": "response.created", "response": response(body, "in_progress")}]
    events.append({"type": "response.output_item.added", "output_index": 0,
                   "item": message | {"content": [], "status": "in_progress"}})
    events.append({"type": "response.content_part.added", **place, "part": part | {"text": ""}})
    for word in part["text"].split():
        events.append({"type": "response.output_text.delta", **place, "delta": word + " ", "logprobs": []})
    events.append({"type": "response.output_text.done", **place, "text": part["text"], "logprobs": []})
    events.append({"type": "response.content_part.done", **place, "part": part})
    events.append({"type": "response.output_item.done", "output_index": 0, "item": message})
    events.append({"type": "response.completed", "response": whole})
    for number, event in enumerate(events):
        yield event | {"sequence_number": number}


def image(body):
    return {"created": 1, "data": [{"b64_json": base64.b64encode(body["prompt"].encode()).decode()}]}


def answer(api, body):
    """What an API answers: JSON, an iterator of stream events, or bytes; None when there is no such API."""
    stream = isinstance(body, dict) and body.get("stream")
    if api == "chat/completions":
        return chat_events(body) if stream else chat(body)
    if api == "responses":
        return response_events(body) if stream else response(body)
    if api == "completions":
        return completion(body)
    if api == "embeddings":
        return embeddings(body)
    if api == "images/generations":
        return image(body)
    if api == "audio/transcriptions":
        return {"text": "heard " + body["file"]}
    if api == "audio/speech":
        return b"sound of " + body["input"].encode()
    if api == "models":
        return {"object": "list", "data": [{"id": "served", "object": "model", "created": 1, "owned_by": "test"}]}
    return None


def multipart(content_type, raw):
    """The fields of a multipart body; of a file its name, size and beginning."""
    message = email.parser.BytesParser().parsebytes(b"Content-Type: " + content_type.encode() + b"\r\n\r\n" + raw)
    fields = {}
    for part in message.get_payload():
        name = part.get_param("name", header="content-disposition")
        value = part.get_payload(decode=True)
        if part.get_filename():
            fields[name] = f"{part.get_filename()}, {len(value)} bytes, {value[:8]!r}"
        else:
            fields[name] = value.decode()
    return fields


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def read_body(self):
        if self.headers.get("transfer-encoding", "").lower() == "chunked":
            raw = b""
            while size := int(self.rfile.readline().split(b";")[0], 16):
                raw += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0))
        kind = self.headers.get("content-type", "")
        if kind.startswith("multipart/"):
            return multipart(kind, raw)
        return json.loads(raw) if raw else None

    def reply(self, status, content, kind="application/json"):
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def fail(self, status, message):
        self.reply(status, {"error": {"message": message, "code": str(status), "type": "error"}})

    def stream(self, events, named):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        for event in events:
            name = f"event: {event['type']}\n" if named else ""
            self.wfile.write(f"{name}data: {json.dumps(event)}\n\n".encode())
        if not named:
            self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def handle_call(self):
        path, _, query = self.path.partition("?")
        if path == "/recorded":
            with lock:
                found = list(recorded)
                if self.command == "DELETE":
                    recorded.clear()
            return self.reply(200, found)
        body = self.read_body()
        headers = {name.lower(): value for name, value in self.headers.items()}
        with lock:
            recorded.append({"line": f"{self.command} {self.path}", "headers": headers, "body": body})
        if not (headers.get("api-key") or headers.get("authorization", "").startswith("Bearer ")):
            return self.fail(401, "no key")
        api = find_api(path, urllib.parse.parse_qs(query))
        content = answer(api, body)
        if content is None:
            return self.fail(404, f"no API at {self.command} {self.path}")
        if isinstance(content, dict):
            return self.reply(200, content)
        if isinstance(content, bytes):
            return self.reply(200, content, "audio/mpeg")
        return self.stream(content, named=api == "responses")

    do_GET = do_POST = do_DELETE = handle_call


def listen(context=None):
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_address[1], flush=True)


if __name__ == "__main__":
    listen()
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(sys.argv[1])
    listen(tls)
    # The parent closes standard input when it is done.
    sys.stdin.read()
