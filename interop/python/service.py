"""A service traced with OpenTelemetry's Python SDK: answers GET /?callee=URL by asking that URL. Ends with its standard input.

Sends its spans by OTLP gRPC to its argument, HOST:PORT. OTEL_PROPAGATORS says in which headers context comes and goes.
"""

import json
import sys
import threading
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider(resource=Resource.create({"service.name": "python"}))
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=sys.argv[1], insecure=True)))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("service.py")


class AnyCase(Getter):
    """Finds headers whatever the case of their names: propagators ask for `X-Amzn-Trace-Id`, clients send `x-amzn-trace-id`."""

    def get(self, carrier, key):
        return carrier.get_all(key)

    def keys(self, carrier):
        return carrier.keys()


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        caller = propagate.extract(self.headers, getter=AnyCase())
        callee = urllib.parse.parse_qs(urllib.parse.urlparse(self.path).query)["callee"][0]
        with tracer.start_as_current_span("serve", context=caller, kind=trace.SpanKind.SERVER):
            with tracer.start_as_current_span("ask", kind=trace.SpanKind.CLIENT):
                headers = {}
                propagate.inject(headers)
                body = urllib.request.urlopen(urllib.request.Request(callee, headers=headers)).read()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Service)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(json.dumps({"http": server.server_port}), flush=True)
sys.stdin.read()
provider.shutdown()
print("{}", flush=True)
