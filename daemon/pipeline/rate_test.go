package pipeline

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"go.uber.org/zap"

	"github.com/inceptiond/inceptiond/capture"
	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/clock"
	"github.com/inceptiond/inceptiond/internal/gen/inception"
	"github.com/inceptiond/inceptiond/internal/testing/measure"
	"github.com/inceptiond/inceptiond/internal/testing/shared"
	"github.com/inceptiond/inceptiond/publish"
	"github.com/inceptiond/inceptiond/publish/broker"
	"github.com/inceptiond/inceptiond/publish/mqtt"
)

// newWebcam stands in for a V4L2 camera of 640x480 YUYV: it copies a frame out of memory 60 times a second, as package
// v4l2 does out of the driver's. What the kernel itself does is not in it.
func newWebcam() (capture.Source, error) {
	frame := make([]byte, 640*480*2)
	for i := range frame {
		frame[i] = byte(i * 7)
	}
	return newPaced(capture.Packed(capture.YUYV, 640, 480), frame, 60), nil
}

// lap is the time from one result to the next, and what became of the time of its frame: from the moment that the pipeline
// took it until the result was published, without the wait for it to come.
type lap struct{ all, busy, inference, preprocess time.Duration }

// meter is a publisher that takes the time of each result on its way to another.
type meter struct {
	to   publish.Publisher
	last time.Time
	laps chan lap
}

func (m *meter) Publish(ctx context.Context, msg publish.Message) error {
	if err := m.to.Publish(ctx, msg); err != nil {
		return err
	}
	r, ok := msg.(*publish.Result)
	if !ok {
		return nil
	}
	now := time.Now()
	select {
	case m.laps <- lap{now.Sub(m.last), now.Sub(r.Time.Add(r.Stages.Wait)), r.Stages.Inference, r.Stages.Preprocess}:
	default: // nobody counts any more
	}
	m.last = now
	return nil
}

func (m *meter) Close() error { return m.to.Close() }

// BenchmarkCameraToBroker is the whole way of a frame, from a camera at 60 frames per second through a network to a
// broker: results per second, and the share of a frame's time that is not inference, both of the median result, as other
// work on the machine would distort a mean. The wait for the next frame is nobody's time. An operation is a result. The
// networks are a seeded Inception v1 and, where it is at hand, GoogLeNet.
func BenchmarkCameraToBroker(b *testing.B) {
	models := map[string]string{"inception_v1": seededModel(b)}
	if dir, ok := shared.Find(b); ok {
		models["googlenet"] = filepath.Join(dir, "models", "googlenet_224_uint8.tflite")
	}
	for _, name := range slices.Sorted(maps.Keys(models)) {
		for _, threads := range []int{1, 2} {
			b.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(b *testing.B) {
				m, err := engines.Load(b.Context(), "net", engines.Options{File: models[name], Engine: engines.CPU, Threads: threads}, zap.NewNop())
				if err != nil {
					b.Fatal(err)
				}
				defer m.Close()
				benchmarkCamera(b, m)
			})
		}
	}
}

// seededModel is a file of the seeded Inception v1, uint8.
func seededModel(b *testing.B) string {
	b.Helper()
	n, err := inception.New(1, inception.Options{})
	if err != nil {
		b.Fatal(err)
	}
	data, err := write.Model(n.Build(inception.Uint8))
	if err != nil {
		b.Fatal(err)
	}
	path := filepath.Join(b.TempDir(), "inception_v1.tflite")
	if err := os.WriteFile(path, data, 0o600); err != nil {
		b.Fatal(err)
	}
	return path
}

func benchmarkCamera(b *testing.B, m *engines.Model) {
	server, err := broker.Start(broker.Options{Listen: "127.0.0.1:0"}, zap.NewNop())
	if err != nil {
		b.Fatal(err)
	}
	defer server.Close()
	client, err := mqtt.Open(mqtt.Options{Brokers: []mqtt.Address{{URL: "mqtt://" + server.Addr()}}, Device: "bench", ClientID: "bench", KeepAlive: time.Minute, Queue: 256}, zap.NewNop())
	if err != nil {
		b.Fatal(err)
	}
	look, err := NewLook(LookOptions{
		Model: NewModel(ModelOptions{Name: m.Name, SHA256: m.SHA256, Labels: m.Labels, Engine: m.Engine}), TopK: 3, Threshold: 0.1,
	})
	if err != nil {
		b.Fatal(err)
	}
	clock, err := clock.New()
	if err != nil {
		b.Fatal(err)
	}
	seen := &meter{to: client, laps: make(chan lap, 1)}
	defer seen.Close()
	c := newCamera(b, Options{
		Name: "eye", Device: "bench", Opener: &opener{open: newWebcam}, Look: look, Clock: clock, Out: seen,
		Log: zap.NewNop(), Often: zap.NewNop(),
	})
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
	b.ReportMetric(1/measure.Median(laps, func(l lap) float64 { return l.all.Seconds() }), "results/s")
	b.ReportMetric(100*measure.Median(laps, func(l lap) float64 { return 1 - float64(l.inference)/float64(l.busy) }), "%other")
	b.ReportMetric(1000*measure.Median(laps, func(l lap) float64 { return l.busy.Seconds() }), "ms-frame")
	b.ReportMetric(1000*measure.Median(laps, func(l lap) float64 { return (l.busy - l.inference).Seconds() }), "ms-other")
	b.ReportMetric(1000*measure.Median(laps, func(l lap) float64 { return l.preprocess.Seconds() }), "ms-preprocess")
	b.ReportMetric(1000*measure.Median(laps, func(l lap) float64 { return l.inference.Seconds() }), "ms-inference")
}
