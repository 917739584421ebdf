// Takes spans with OpenTelemetry's own Go stubs, by gRPC; tells what came, as JSON, when its standard input ends.
package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"sync"

	collector "go.opentelemetry.io/proto/otlp/collector/trace/v1"
	"google.golang.org/grpc"
)

type span struct {
	Way     string `json:"way"`
	Service string `json:"service"`
	Scope   string `json:"scope"`
	Trace   string `json:"trace"`
	Id      string `json:"id"`
	Parent  string `json:"parent"`
	Name    string `json:"name"`
	Kind    int32  `json:"kind"`
	Status  int32  `json:"status"`
	Events  int    `json:"events"`
}

type receiver struct {
	collector.UnimplementedTraceServiceServer
	lock  sync.Mutex
	spans []span
}

func (r *receiver) Export(_ context.Context, request *collector.ExportTraceServiceRequest) (*collector.ExportTraceServiceResponse, error) {
	r.lock.Lock()
	defer r.lock.Unlock()
	for _, ofResource := range request.ResourceSpans {
		service := ""
		for _, pair := range ofResource.Resource.Attributes {
			if pair.Key == "service.name" {
				service = pair.Value.GetStringValue()
			}
		}
		for _, ofScope := range ofResource.ScopeSpans {
			for _, s := range ofScope.Spans {
				r.spans = append(r.spans, span{
					Way: "grpc", Service: service, Scope: ofScope.Scope.Name,
					Trace: hex.EncodeToString(s.TraceId), Id: hex.EncodeToString(s.SpanId),
					Parent: hex.EncodeToString(s.ParentSpanId), Name: s.Name, Kind: int32(s.Kind),
					Status: int32(s.Status.GetCode()), Events: len(s.Events),
				})
			}
		}
	}
	return &collector.ExportTraceServiceResponse{}, nil
}

func main() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	taking := &receiver{}
	server := grpc.NewServer()
	collector.RegisterTraceServiceServer(server, taking)
	go server.Serve(listener)
	fmt.Printf("{\"grpc\": %d}\n", listener.Addr().(*net.TCPAddr).Port)
	io.Copy(io.Discard, os.Stdin)
	server.GracefulStop()
	taking.lock.Lock()
	json.NewEncoder(os.Stdout).Encode(taking.spans)
}
