package main

import (
	"context"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/infer/preprocess"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/mqtt"
	"github.com/inceptiond/inceptiond/testdata/shared"
)

// webcam stands in for a V4L2 camera of 640x480 YUYV: it copies a frame out of memory 60 times a second, as package v4l2
// does out of the driver's. What the kernel itself does is not in it.
type webcam struct {
	frame  []byte
	ticker *time.Ticker
	count  uint64
}

func newWebcam(context.Context) (capture.Source, error) {
	w := &webcam{frame: make([]byte, 640*480*2), ticker: time.NewTicker(time.Second / 60)}
	for i := range w.frame {
		w.frame[i] = byte(i * 7)
	}
	return w, nil
}

func (w *webcam) Format() capture.Format { return capture.Packed(capture.YUYV, 640, 480) }

func (w *webcam) Read(ctx context.Context, f *capture.Frame) error {
	select {
	case now := <-w.ticker.C:
		w.count++
		*f = capture.Frame{Pix: append(f.Pix[:0], w.frame...), Format: w.Format(), Sequence: w.count, Time: now}
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *webcam) Close() error {
	w.ticker.Stop()
	return nil
}

// meter is a publisher that adds up what the results say of themselves.
type meter struct{ results, inference, preprocess atomic.Int64 }

func (m *meter) Publish(_ context.Context, r publish.Result) error {
	m.results.Add(1)
	m.inference.Add(int64(r.Stages.Inference))
	m.preprocess.Add(int64(r.Stages.Preprocess))
	return nil
}

func (m *meter) Close() error { return nil }

// BenchmarkCameraToBroker is the whole way of a frame, from a camera at 60 frames per second through GoogLeNet to a
// broker: results per second, and the share of the time that is not inference. An operation is a result.
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
	var sum meter
	out := &sink{log: zap.NewNop(), publishers: []publish.Publisher{client, &sum}}
	defer out.close()
	c := &camera{name: "eye", device: "bench", origin: origin{open: newWebcam}, eye: eye, sink: out, clock: clock, log: zap.NewNop(), often: zap.NewNop()}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan struct{})
	go func() { c.Run(ctx); close(ended) }()
	for sum.results.Load() < 5 { // warm
		time.Sleep(time.Millisecond)
	}
	before := [3]int64{sum.results.Load(), sum.inference.Load(), sum.preprocess.Load()}
	b.ResetTimer()
	for sum.results.Load()-before[0] < int64(b.N) {
		time.Sleep(time.Millisecond)
	}
	wall := b.Elapsed()
	b.StopTimer()
	stop()
	<-ended
	results := float64(sum.results.Load() - before[0])
	b.ReportMetric(results/wall.Seconds(), "results/s")
	b.ReportMetric(100*(1-float64(sum.inference.Load()-before[1])/float64(wall)), "%other")
	b.ReportMetric(float64(sum.preprocess.Load()-before[2])/results/1e6, "ms-preprocess")
}
