#!/usr/bin/env bash
# Rust, Python, Rust, Rust: a request through four services, under each format of headers, must be one trace in the server.
# Needs python3 with the packages of service.py (PYTHON says which), curl, and both programs built:
#
#   cargo build -p wakeful-cli -p wakeful-iox-service && examples/iox-service/python/chain.sh target/debug
set -euo pipefail
programs=$(cd "${1:-target/debug}" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
python=${PYTHON:-python3}
work=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -r "$work"' EXIT

# Waits for a line in a file, and prints what stands behind it.
said() {
    local deadline=$((SECONDS + 20))
    until grep -q "$2" "$1" 2>/dev/null; do
        ((SECONDS < deadline)) || { echo "$1 does not say $2" >&2; exit 1; }
        sleep 0.05
    done
    sed -n "s/.*$2//p" "$1" | head -1
}

ports=()
for listener in otlp-grpc otlp-http jaeger-compact jaeger-binary jaeger-http query health metrics; do
    ports+=("--$listener-port" 0)
done
"$programs/wakeful" serve --backend memory --ready-json "${ports[@]}" >"$work/server" 2>"$work/server.log" &
said "$work/server" listeners >/dev/null
port() { "$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["listeners"][sys.argv[2]].split(":")[-1])' "$work/server" "$1"; }

service() {
    TRACES_EXPORTER=jaeger TRACES_EXPORTER_JAEGER_AGENT_HOST=127.0.0.1 TRACES_EXPORTER_JAEGER_AGENT_PORT=$(port jaeger-compact) \
        TRACES_EXPORTER_JAEGER_SERVICE_NAME=${1%%-*} "$programs/iox-service" --listen 127.0.0.1:0 ${2:+--next "$2"} \
        >"$work/$1" 2>"$work/$1.log" &
}

id=5759e988000000000000000000000abc
parent=0000000000000def
declare -A headers=(
    [tracecontext]="traceparent: 00-$id-$parent-01"
    [b3]="b3: $id-$parent-1"
    [b3multi]="x-b3-traceid: $id"
    [jaeger]="uber-trace-id: $id:$parent:0:1"
    [xray]="x-amzn-trace-id: Root=1-${id:0:8}-${id:8};Parent=$parent;Sampled=1"
)
for format in tracecontext b3 b3multi jaeger xray; do
    export OTEL_PROPAGATORS=$format
    service "third-$format"
    service "second-$format" "http://$(said "$work/third-$format" "listening on ")/query"
    OTEL_SERVICE_NAME=python OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:$(port otlp-http) \
        "$python" "$here/service.py" "http://$(said "$work/second-$format" "listening on ")/instrumented" \
        >"$work/python-$format" 2>"$work/python-$format.log" &
    service "first-$format" "http://$(said "$work/python-$format" "listening on ")/"
    # Each format has a trace of its own.
    trace=${id:0:31}$(printf %x $((${#format} % 16)))
    header=${headers[$format]//${id:8}/${trace:8}}
    curl --silent --fail --output /dev/null --header "$header" --header "x-b3-spanid: $parent" --header "x-b3-sampled: 1" \
        "http://$(said "$work/first-$format" "listening on ")/instrumented"
    "$python" - "http://127.0.0.1:$(port query)/api/traces/$trace" "$format" <<'PYTHON'
import json, sys, time, urllib.error, urllib.request

EXPECTED = ["third/query", "third/IOx http", "second/ask", "second/instrumented", "second/IOx http", "python/ask",
            "python/answer", "first/ask", "first/instrumented", "first/IOx http"]

def path():
    """From the query in the last service up to the first span of all."""
    try:
        trace = json.load(urllib.request.urlopen(sys.argv[1]))["data"][0]
    except urllib.error.HTTPError:
        return []
    spans = {span["spanID"]: span for span in trace["spans"]}
    span = next((span for span in spans.values() if span["operationName"] == "query"), None)
    names = []
    while span:
        names.append(trace["processes"][span["processID"]]["serviceName"] + "/" + span["operationName"])
        parents = [it["spanID"] for it in span["references"] if it["refType"] == "CHILD_OF"]
        span = spans.get(parents[0]) if parents else None
    return names

deadline = time.time() + 20
while path() != EXPECTED and time.time() < deadline:
    time.sleep(0.1)
found = path()
assert found == EXPECTED, (sys.argv[2], found)
print(sys.argv[2] + ": one trace, " + " < ".join(found))
PYTHON
done
