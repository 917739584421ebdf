"""The same service in Python, with OpenTelemetry's own packages: answers any path, and asks the next service if there is one.

    pip install opentelemetry-sdk opentelemetry-exporter-otlp-proto-http opentelemetry-propagator-b3 \
        opentelemetry-propagator-jaeger opentelemetry-propagator-aws-xray
    OTEL_PROPAGATORS=b3 OTEL_SERVICE_NAME=python python service.py [NEXT_URL]

It prints where it listens, and sends its spans by OTLP to http://localhost:4318, or where OTEL_EXPORTER_OTLP_ENDPOINT says.
"""

import sys
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from opentelemetry import propagate, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

NEXT_URL = sys.argv[1] if len(sys.argv) > 1 else None

provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter()))
trace.set_tracer_provider(provider)
tracer = trace.get_tracer("service")


class AnyCase(Getter):
    """Finds headers whatever the case of their names: propagators ask for `X-Amzn-Trace-Id`, clients send `x-amzn-trace-id`."""

    def get(self, carrier, key):
        return carrier.get_all(key)

    def keys(self, carrier):
        return carrier.keys()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        context = propagate.extract(self.headers, getter=AnyCase())
        with tracer.start_as_current_span("answer", context=context, kind=trace.SpanKind.SERVER):
            body = b"done\n"
            if NEXT_URL:
                with tracer.start_as_current_span("ask", kind=trace.SpanKind.CLIENT):
                    outgoing = {}
                    propagate.inject(outgoing)
                    request = urllib.request.Request(NEXT_URL, headers=outgoing)
                    with urllib.request.urlopen(request) as answer:
                        body += answer.read()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
print("listening on 127.0.0.1:%d" % server.server_port, flush=True)
server.serve_forever()
