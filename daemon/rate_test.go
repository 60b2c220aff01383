package main

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// newWebcam stands in for a V4L2 camera of 640x480 YUYV: it copies a frame out of memory 60 times a second, as package
// v4l2 does out of the driver's. What the kernel itself does is not in it.
func newWebcam(context.Context) (capture.Source, error) {
	frame := make([]byte, 640*480*2)
	for i := range frame {
		frame[i] = byte(i * 7)
	}
	return newPaced(capture.Packed(capture.YUYV, 640, 480), frame, 60), nil
}

// lap is the time from one result to the next, and what of it was inference and preprocessing.
type lap struct{ all, inference, preprocess time.Duration }

// meter is a publisher that takes the time of each result.
type meter struct {
	last time.Time
	laps chan lap
}

func (m *meter) Publish(_ context.Context, r publish.Result) error {
	now := time.Now()
	select {
	case m.laps <- lap{now.Sub(m.last), r.Stages.Inference, r.Stages.Preprocess}:
	default: // nobody counts any more
	}
	m.last = now
	return nil
}

func (m *meter) Close() error { return nil }

// median of one side of a list.
func median[T any, N cmp.Ordered](list []T, side func(T) N) N {
	values := make([]N, len(list))
	for i, x := range list {
		values[i] = side(x)
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// BenchmarkCameraToBroker is the whole way of a frame, from a camera at 60 frames per second through GoogLeNet to a
// broker: results per second, and the share of the time that is not inference, both of the median result, as other work on
// the machine would distort a mean. An operation is a result.
func BenchmarkCameraToBroker(b *testing.B) {
	dir := filepath.Join(shared.Dir(b), "models")
	for _, threads := range []int64{1, 2} {
		b.Run(fmt.Sprintf("threads=%d", threads), func(b *testing.B) {
			m, err := loadModel(b.Context(), "net", config.Model{File: filepath.Join(dir, "googlenet_224_uint8.tflite"),
				Labels: filepath.Join(dir, "imagenet_1000_labels.txt"), Engine: engineCPU, Threads: int(threads), MemoryLimit: defaultMemory}, zap.NewNop())
			if err != nil {
				b.Fatal(err)
			}
			defer m.close()
			benchmarkCamera(b, m)
		})
	}
}

func benchmarkCamera(b *testing.B, m *sharedModel) {
	server, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	client, err := mqtt.Open(mqtt.Options{Broker: "mqtt://" + server.Addr(), Device: "bench", ClientID: "bench", KeepAlive: time.Minute, Queue: 256}, zap.NewNop())
	if err != nil {
		b.Fatal(err)
	}
	eye, err := newClassifier(m, preprocess.Options{}, 3, 0.1)
	if err != nil {
		b.Fatal(err)
	}
	clock, err := newClock()
	if err != nil {
		b.Fatal(err)
	}
	seen := &meter{laps: make(chan lap, 1)}
	out := &sink{log: zap.NewNop(), publishers: []publish.Publisher{client, seen}}
	defer out.close()
	c := &camera{name: "eye", device: "bench", origin: origin{open: newWebcam}, hub: testHub(b), eye: eye, sink: out, clock: clock, log: zap.NewNop(), often: zap.NewNop()}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { c.Run(ctx); close(ended) }()
	for range 5 { // warm
		<-seen.laps
	}
	laps := make([]lap, 0, b.N)
	b.ResetTimer()
	for range b.N {
		laps = append(laps, <-seen.laps)
	}
	b.StopTimer()
	stop()
	<-ended
	b.ReportMetric(1/median(laps, func(l lap) float64 { return l.all.Seconds() }), "results/s")
	b.ReportMetric(100*median(laps, func(l lap) float64 { return 1 - float64(l.inference)/float64(l.all) }), "%other")
	b.ReportMetric(1000*median(laps, func(l lap) float64 { return l.preprocess.Seconds() }), "ms-preprocess")
	b.ReportMetric(1000*median(laps, func(l lap) float64 { return l.inference.Seconds() }), "ms-inference")
}
