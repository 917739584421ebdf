"""Takes spans with OpenTelemetry's own Python stubs, by gRPC and HTTP; tells what came, as JSON, when its standard input ends."""

import json
import sys
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as messages
from opentelemetry.proto.collector.trace.v1 import trace_service_pb2_grpc as services

spans = []
lock = threading.Lock()


def value(any_value):
    kind = any_value.WhichOneof("value")
    if kind == "bytes_value":
        return f"{len(any_value.bytes_value)} bytes"
    if kind == "array_value":
        return [value(item) for item in any_value.array_value.values]
    return getattr(any_value, kind) if kind else None


def attributes(pairs):
    return {pair.key: value(pair.value) for pair in pairs}


def keep(request, way):
    with lock:
        for of_resource in request.resource_spans:
            service = attributes(of_resource.resource.attributes).get("service.name")
            for of_scope in of_resource.scope_spans:
                for span in of_scope.spans:
                    assert len(span.trace_id) == 16 and len(span.span_id) == 8, span
                    assert 0 < span.start_time_unix_nano <= span.end_time_unix_nano, span
                    spans.append(
                        {
                            "way": way,
                            "service": service,
                            "scope": of_scope.scope.name,
                            "trace": span.trace_id.hex(),
                            "id": span.span_id.hex(),
                            "parent": span.parent_span_id.hex(),
                            "name": span.name,
                            "kind": span.kind,
                            "status": span.status.code,
                            "attributes": attributes(span.attributes),
                            "events": [event.name for event in span.events],
                        }
                    )
    return messages.ExportTraceServiceResponse()


class Grpc(services.TraceServiceServicer):
    def Export(self, request, context):
        return keep(request, "grpc")


def without_base64(tree):
    """OTLP's JSON has ids in hex, where protobuf's has base64; the stock parser knows the latter alone."""
    import base64

    if isinstance(tree, list):
        return [without_base64(item) for item in tree]
    if isinstance(tree, dict):
        ids = ("traceId", "spanId", "parentSpanId")
        return {
            key: base64.b64encode(bytes.fromhex(item)).decode() if key in ids else without_base64(item)
            for key, item in tree.items()
        }
    return tree


class Http(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        request = messages.ExportTraceServiceRequest()
        if self.headers["content-type"] == "application/json":
            json_format.ParseDict(without_base64(json.loads(body)), request)
            keep(request, "http/json")
        else:
            request.ParseFromString(body)
            keep(request, "http/protobuf")
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


grpc_server = grpc.server(futures.ThreadPoolExecutor(max_workers=2))
services.add_TraceServiceServicer_to_server(Grpc(), grpc_server)
grpc_port = grpc_server.add_insecure_port("127.0.0.1:0")
grpc_server.start()
http_server = ThreadingHTTPServer(("127.0.0.1", 0), Http)
threading.Thread(target=http_server.serve_forever, daemon=True).start()
print(json.dumps({"grpc": grpc_port, "http": http_server.server_port}), flush=True)
sys.stdin.read()
print(json.dumps(spans), flush=True)
